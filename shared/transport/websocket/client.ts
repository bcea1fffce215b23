// A node's end of the embedded transport: it connects to the coordinator that listens.
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { GanglionError, messageOf } from "../../errors.ts";
import { assertToken } from "../../http/token.ts";
import { Allowance } from "../allowance.ts";
import { createCounters } from "../counters.ts";
import { FramePool } from "../frame-pool.ts";
import type { Connection } from "../transport.ts";
import { refusedBy, unreachable, workersUrl } from "./address.ts";
import { openWebSocketConnection } from "./connection.ts";
import {
  DEFAULT_HEARTBEAT_MS,
  DEFAULT_MAX_FRAME_BYTES,
  socketLimits,
  type WebSocketOptions,
} from "./limits.ts";
import { NAME_HEADER } from "./upgrade.ts";

export interface ConnectOptions extends WebSocketOptions {
  /** The coordinator's address, e.g. `ws://127.0.0.1:8701`. */
  readonly url: string;
  readonly token?: string;
  /** For wss://, the certificates to trust, PEM; default: those of the system. */
  readonly ca?: Buffer;
  /** What the coordinator calls this node in its logs. */
  readonly name: string;
  /** Gives up connecting; has no effect on an open connection. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a coordinator. The promise resolves once messages can be sent.
 *
 * @throws GanglionError USAGE when the address is no WebSocket address, AUTH when the coordinator refuses the token,
 *   TRANSPORT when it cannot be reached within 10 s or refuses for another reason.
 */
export async function connectWebSocket(options: ConnectOptions): Promise<Connection> {
  const { url, signal, heartbeatMs = DEFAULT_HEARTBEAT_MS } = options;
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = options;
  const socket = openSocket(options);
  return await new Promise((resolve, reject) => {
    let stream: Socket;
    const fail = (error: GanglionError): void => {
      signal?.removeEventListener("abort", stop);
      reject(error);
      socket.terminate();
    };
    const stop = (): void => fail(new GanglionError("TRANSPORT", `connecting to ${url} was stopped`));
    const onError = (error: Error): void => fail(unreachable(url, error));

    socket.on("error", onError);
    socket.on("unexpected-response", (_request, response) => {
      let said = "";
      response.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(0, 500)));
      response.on("close", () => fail(refusedBy(options, response.statusCode ?? 0, said)));
    });
    socket.on("upgrade", (response) => {
      stream = response.socket;
    });
    socket.on("open", () => {
      signal?.removeEventListener("abort", stop);
      const counters = createCounters();
      const memory = new FramePool();
      const limits = { heartbeatMs, allowance: new Allowance(maxFrameBytes), memory };
      resolve(openWebSocketConnection({ socket, stream, peer: url, counters, ...limits }));
      socket.off("error", onError);
    });
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * Masks keep scripts of web pages from choosing the bytes on the wire (RFC 6455, section 10.3), and nobody's script runs
 * in a node. With zeros neither end computes anything, and a body is sent from where it lies.
 */
function generateMask(mask: Buffer): void {
  mask.fill(0);
}

function openSocket(options: ConnectOptions): WebSocket {
  const { url, token, name, ca } = options;
  const limits = { ...socketLimits(options), handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  const address = workersUrl(url);
  if (token) assertToken(token);
  try {
    const headers: Record<string, string> = { [NAME_HEADER]: encodeURIComponent(name) };
    if (token) headers["authorization"] = `Bearer ${token}`;
    return new WebSocket(address, { ...limits, headers, generateMask, ...(ca && { ca }) });
  } catch (error) {
    throw new GanglionError("USAGE", `cannot join ${url}: ${messageOf(error)}`, { cause: error });
  }
}
