// The embedded transport: the coordinator listens, nodes connect, frames travel as binary WebSocket messages.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Dataset } from "../../data/dataset.ts";
import { GanglionError, messageOf } from "../../errors.ts";
import { type Certificate, openServer, startListening } from "../../http/http-server.ts";
import { isLoopback } from "../../http/loopback.ts";
import { reachableHosts, withPort } from "../tls/own-addresses.ts";
import { encodeOwnFrame } from "../../protocol/own-message.ts";
import { FramePool } from "../frame-pool.ts";
import { copyFrame } from "../frame-builder.ts";
import { assertToken } from "../../http/token.ts";
import { Allowance } from "../allowance.ts";
import { createCounters } from "../counters.ts";
import { watchOwnFaults } from "../own-faults.ts";
import { Places } from "../places.ts";
import { createQueue } from "../queue.ts";
import type { Connection, Hub } from "../transport.ts";
import { openWebSocketConnection } from "./connection.ts";
import type { WebSocketConnection } from "./connection.ts";
import { refusedBy, unreachable, workersUrl } from "./address.ts";
import { answerData } from "./data.ts";
import { DEFAULT_HEARTBEAT_MS, DEFAULT_MAX_FRAME_BYTES, socketLimits } from "./limits.ts";
import type { WebSocketOptions } from "./limits.ts";
import { NAME_HEADER, WORKERS_PATH, describePeer, judgeUpgrade, noPlace, refuseUpgrade } from "./upgrade.ts";

export interface ListenOptions extends WebSocketOptions {
  readonly host: string;
  /** 0 takes a free port; the hub's address says which. */
  readonly port: number;
  /** What nodes must present; required when `host` is not loopback. */
  readonly token?: string;
  /** Served to nodes that ask for them by fingerprint. */
  readonly datasets?: readonly Dataset[];
  /** Nodes then join by wss://. */
  readonly tls?: Certificate;
  /** At once; default 1,024. */
  readonly maxConnections?: number;
}

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
 * Listens for nodes on `host:port`, path `/workers`. At most 256 may be connected and not yet admitted; others, and those
 * beyond `maxConnections`, are refused with HTTP status 503.
 *
 * `broadcast` encodes and copies the frame once for all peers, into memory that is used again when the last has taken it,
 * and resolves when the fastest has: a stopped peer must not hold up the others. What the slow ones have not read is
 * bounded: a peer more than max(64 MiB, 4 frames) behind is closed, counted as `slow`.
 *
 * @throws GanglionError AUTH when the host is not loopback and there is no token; USAGE when the address is in use or
 *   cannot be listened on.
 */
export async function listenWebSocket(options: ListenOptions): Promise<Hub> {
  const { host, port, token, tls, datasets = [], heartbeatMs = DEFAULT_HEARTBEAT_MS } = options;
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES, maxConnections = MAX_CONNECTIONS } = options;
  if (!token && !isLoopback(host)) {
    throw new GanglionError(
      "AUTH",
      `listening on ${host} lets other machines join, and no token is set: give --token or GANGLION_TOKEN, or listen on 127.0.0.1`,
    );
  }
  if (token) assertToken(token);
  const counters = createCounters();
  const memory = new FramePool();
  const places = new Places({
    maxConnections,
    remedy: "a run of more nodes needs a NATS server (--nats)",
  });
  const { defect, watch } = watchOwnFaults();
  const encode: typeof encodeOwnFrame = (...sent) => watch(() => encodeOwnFrame(...sent));
  const peers = new Set<WebSocketConnection>();
  const arrivals = createQueue<Connection>({ name: `connections() of ${host}:${port}` });
  const upgrader = new WebSocketServer({ noServer: true, clientTracking: false, ...socketLimits(options) });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (answerData(request, response, { token, datasets })) return;
    counters.rejected("http");
    response.writeHead(426, { Connection: "close", "Content-Type": "text/plain" });
    response.end(`This is a Ganglion coordinator; nodes join it by WebSocket at ${WORKERS_PATH}.\n`);
  };
  const server = openServer(SERVER_TIMEOUTS, tls, answer);
  server.maxConnections = 2 * maxConnections; // with handshakes, and those that fetch data; more are closed unheard
  server.on("drop", () => counters.rejected("full"));
  let open = true;

  server.on("clientError", (_error, socket) => {
    counters.rejected("http");
    socket.destroy();
  });
  upgrader.on("wsClientError", (error, stream) => {
    counters.rejected("handshake");
    refuseUpgrade(stream, { status: "400 Bad Request", sentence: error.message });
  });
  server.on("upgrade", (request, stream, head) => {
    const refusal = judgeUpgrade(request, token) ?? noPlace(places);
    if (refusal) {
      counters.rejected(refusal.fault);
      refuseUpgrade(stream, refusal);
      return;
    }
    upgrader.handleUpgrade(request, stream, head, (socket) => {
      const place = places.take();
      const peer = openWebSocketConnection({
        socket,
        stream: request.socket,
        peer: describePeer(request),
        counters: createCounters(counters),
        heartbeatMs,
        allowance: new Allowance(maxFrameBytes, { stranger: true }),
        memory,
        encode,
        onAdmitted: place.admitted,
      });
      peers.add(peer);
      const leave = async (): Promise<void> => {
        await peer.closed;
        peers.delete(peer);
        place.leave();
        memory.trim(2 * peers.size);
      };
      void leave();
      if (!arrivals.push(peer)) peer.drop("the coordinator is closing");
    });
  });

  const remedy = "choose another address, or port 0 for a free one";
  const boundPort = await startListening(server, { host, port, remedy });
  server.on("error", () => counters.rejected("accept"));
  const urlOf = (name: string): string => `${tls ? "wss" : "ws"}://${withPort(name, boundPort)}`;
  const [name, ...others] = reachableHosts(host, tls?.cert);

  return {
    address: urlOf(name),
    ...(others.length > 0 && { alsoAt: others.map(urlOf) }),
    defect,
    connections: () => arrivals.iterate(),
    async broadcast(message, body, to = () => true) {
      const { bytes, release } = copyFrame(encode(message, body), memory);
      const limitBytes = Math.max(MIN_BACKLOG_BYTES, 4 * bytes.length);
      const sends: Promise<void>[] = [];
      for (const peer of peers) {
        if (!to(peer)) continue;
        if (peer.backlogBytes() > limitBytes) {
          counters.rejected("slow");
          peer.drop(
            `${peer.peer} is too slow: ${peer.backlogBytes()} bytes behind, the limit is ${limitBytes}`,
          );
        } else sends.push(peer.write([bytes]));
      }
      void Promise.allSettled(sends).then(release);
      // A peer that breaks says so through `closed`; when all break there is nobody left to wait for.
      if (sends.length > 0) await Promise.any(sends).catch(() => undefined);
    },
    status: () => counters.status(open),
    async close(reason = "the coordinator closed") {
      open = false;
      arrivals.end();
      const stopped = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await Promise.all([...peers].map((peer) => peer.close(reason)));
      server.closeAllConnections();
      await stopped;
    },
  };
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

const MAX_CONNECTIONS = 1024;
const MIN_BACKLOG_BYTES = 64 * 1024 * 1024;

/** A half-open handshake is closed after at most 15 s. */
const SERVER_TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
};

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
