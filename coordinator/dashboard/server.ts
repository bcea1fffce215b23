// The dashboard's HTTP server: the page, the sample pictures, a health check and the socket with the events.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { messageOf } from "../../shared/errors.ts";
import { type Certificate, openServer, startListening } from "../../shared/http/http-server.ts";
import { refuseUpgrade } from "../../shared/http/refuse-upgrade.ts";
import {
  assertMayListen,
  checkPlace,
  checkToken,
  createAccessPolicy,
  type AccessPolicy,
  type Refusal,
} from "./access.ts";
import { answer, notFound, urlOf } from "./answers.ts";
import type { ControlDesk } from "./control/answer-control.ts";
import type { ClientCounts, Clients } from "./clients.ts";
import { readPage, type PageFiles } from "./page-files.ts";
import type { Site } from "./site.ts";

export interface DashboardOptions {
  /** Another one than this machine's own (127.0.0.1, ::1, localhost) needs a token. */
  readonly host: string;
  /** 0: any free port, see `url`. */
  readonly port: number;
  readonly token?: string | undefined;
  /** Then all is `https:` and `wss:`. */
  readonly tls?: Certificate | undefined;
  /** What is shown; it is closed with the dashboard. */
  readonly site: Site;
  /** The built page; default: the one that was built with this program. */
  readonly pageFolder?: string;
  /** What to do where the address is taken. */
  readonly remedy?: string;
  /** What may be asked of the run, and the tokens that let a request ask; absent: nothing, whoever asks. */
  readonly control?: (ControlDesk & { readonly tokens: readonly string[] }) | undefined;
  /** Sockets beyond this are refused with 503. */
  readonly maxClients?: number;
  /** A client that neither reads nor answers between two of these is closed, so within twice this time. */
  readonly heartbeatMs?: number;
}

export interface DashboardStatus extends Readonly<ClientCounts> {
  readonly clients: number;
  /** Requests and sockets that were not answered with what they asked for, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface Dashboard {
  /** E.g. `http://127.0.0.1:8700`, without the token. */
  readonly url: string;
  /** The same as other machines reach it; null where it listens for its own machine alone. */
  readonly farUrl: string | null;
  readonly status: () => DashboardStatus;
  /** Sends the last events, closes every client and the port; takes at most half a second. */
  readonly close: () => Promise<void>;
}

/** What clients may send: nothing but the frames of the WebSocket protocol itself, of at most 125 bytes. */
const MAX_CLIENT_BYTES = 256;
const HTTP_LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 5000,
};
/** A download of which nothing is read for so long is closed. */
const IDLE_MS = 30_000;
const CLOSE_GRACE_MS = 300;

/**
 * Serves `POST /control` (docs/control.md), and for reading only `GET /` (the page), `GET /samples/<name>.png`, `GET /health`, what /api/schema lists (docs/api.md),
 * and the WebSocket `/events?since=N`: one JSON text frame an event, first the kept ones after N (default 0: all), then live;
 * a `GapRecord` goes first when something is missing.
 *
 * @throws GanglionError AUTH without a needed token, USAGE when the address cannot be used
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { host, port, token, tls, site, control = null } = options;
  const { maxClients = 1000, heartbeatMs = 5000 } = options;
  assertMayListen(host, token);
  let built: PageFiles | undefined;
  const page = async (): Promise<PageFiles> =>
    built?.size ? built : (built = await readPage(options.pageFolder));
  const server = openServer(HTTP_LIMITS, tls, (request, response) => {
    void answer(request, response, { policy, site, control, page }).then(
      (refusal) => refusal && count(refusal),
    );
  });
  const { remedy = "use another --dashboard PORT, or --dashboard off" } = options;
  const bound = {
    host,
    port: await startListening(server, { host, port, remedy }),
    certificate: tls?.cert,
  };
  const policy = createAccessPolicy(bound, token, control?.tokens);
  const connected = (): number => [...site.open].reduce((sum, { clients }) => sum + clients.size, 0);
  const refused: Record<string, number> = {};
  const sockets = new Set<Socket>();
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_CLIENT_BYTES,
    maxFragments: 2,
    maxBufferedChunks: 64,
  });
  const count = (refusal: Refusal): Refusal => {
    refused[refusal.reason] = (refused[refusal.reason] ?? 0) + 1;
    return refusal;
  };

  // E.g. no file descriptors left: the training goes on without a new client.
  server.on("error", (error) => count({ status: 500, reason: "broken", message: messageOf(error) }));
  server.setTimeout(IDLE_MS);
  // Room for more than the clients, so that one too many can be refused with a reason.
  server.maxConnections = maxClients + 100;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy());
    const refuse = (refusal: Refusal): void => refuseUpgrade(stream, count(refusal).status, refusal.message);
    const asked = askedSince(request, policy);
    if ("status" in asked) return refuse(asked);
    const admit = async (): Promise<void> => {
      const clients = await findClients(site, asked.path);
      if (!clients) return refuse(notFound());
      if (connected() >= maxClients) return refuse(fullHouse(maxClients));
      upgrader.handleUpgrade(request, stream, head, (socket) => clients.add(socket, stream, asked.since));
    };
    void admit();
  });
  // After the pending input was read: a busy coordinator must not take its own delay for the clients'.
  const heartbeat = setInterval(() => setImmediate(() => beat(site)), heartbeatMs).unref();

  const stop = async (): Promise<void> => {
    clearInterval(heartbeat);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const ended = site.close();
    server.closeIdleConnections();
    const force = setTimeout(() => sockets.forEach((socket) => socket.destroy()), CLOSE_GRACE_MS);
    await Promise.all([closed, ended]);
    clearTimeout(force);
  };
  let stopped: Promise<void> | undefined;
  return {
    url: policy.url,
    farUrl: policy.farUrl,
    status: () => ({ clients: connected(), refused: { ...refused }, ...countsOf(site) }),
    close: () => (stopped ??= stop()),
  };
}

/** The path of a socket and the event after which it wants to hear, or why it may not. */
function askedSince(
  request: IncomingMessage,
  policy: AccessPolicy,
): { readonly path: string; readonly since: number } | Refusal {
  const url = urlOf(request);
  const misplaced = checkPlace(request, policy);
  if (misplaced) return misplaced;
  if (!url?.pathname.endsWith("/events")) return notFound();
  const stranger = checkToken(request, url.searchParams, policy);
  if (stranger) return stranger;
  const since = url.searchParams.get("since") ?? "0";
  if (/^\d{1,15}$/.test(since)) return { path: url.pathname, since: Number(since) };
  const message = `since=${JSON.stringify(since.slice(0, 100))} is not the id of an event: use since=0 for all`;
  return { status: 400, reason: "since", message };
}

/** Of the run that the path is about; null where there is none, or its folder cannot be read. */
async function findClients(site: Site, path: string): Promise<Clients | null> {
  const place = await site.find(path).catch(() => null);
  return place?.path === "/events" ? place.run.clients : null;
}

function beat(site: Site): void {
  for (const { clients } of site.open) clients.beat();
}

function countsOf(site: Site): ClientCounts {
  const sum: ClientCounts = { coalesced: 0, stalled: 0, talkative: 0, broken: 0 };
  for (const { clients } of site.open) {
    sum.coalesced += clients.counts.coalesced;
    sum.stalled += clients.counts.stalled;
    sum.talkative += clients.counts.talkative;
    sum.broken += clients.counts.broken;
  }
  return sum;
}

function fullHouse(maxClients: number): Refusal {
  const message = `${maxClients} clients are connected, which is the limit: close some and try again`;
  return { status: 503, reason: "full", message };
}
