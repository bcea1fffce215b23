// The coordinator's end of the embedded transport: it listens, and frames travel as binary WebSocket messages.
import type { IncomingMessage, ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import type { Dataset } from "../../data/dataset.ts";
import { GanglionError } from "../../errors.ts";
import { type Certificate, openServer, startListening } from "../../http/http-server.ts";
import { isLoopback } from "../../http/loopback.ts";
import { refuseUpgrade } from "../../http/refuse-upgrade.ts";
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
import { openWebSocketConnection, type WebSocketConnection } from "./connection.ts";
import { answerData } from "./data.ts";
import {
  DEFAULT_HEARTBEAT_MS,
  DEFAULT_MAX_FRAME_BYTES,
  socketLimits,
  type WebSocketOptions,
} from "./limits.ts";
import { WORKERS_PATH, describePeer, judgeUpgrade, noPlace } from "./upgrade.ts";

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
    refuseUpgrade(stream, 400, error.message);
  });
  server.on("upgrade", (request, stream, head) => {
    const refusal = judgeUpgrade(request, token) ?? noPlace(places);
    if (refusal) {
      counters.rejected(refusal.fault);
      refuseUpgrade(stream, refusal.status, refusal.sentence);
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

const MAX_CONNECTIONS = 1024;
const MIN_BACKLOG_BYTES = 64 * 1024 * 1024;

/** A half-open handshake is closed after at most 15 s. */
const SERVER_TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
};
