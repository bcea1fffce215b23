// A connection to a NATS server: credentials, TLS, reconnecting for ever, and what its errors mean to the user.
import { type ConnectionOptions, ErrorCode, Events, type NatsConnection, NatsError, connect } from "nats";
import { GanglionError, messageOf } from "../errors.ts";
import { distrust } from "./certificates.ts";
import { ownSockets } from "./own-sockets.ts";
import { isLoopback } from "./websocket-upgrade.ts";

export interface NatsOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; a user name in it (`nats://gpu-1@HOST`) makes the token its password. */
  readonly url: string;
  readonly token?: string;
  /** File with the certificates to trust, PEM; default: those of the system. */
  readonly tlsCaFile?: string;
  /** Hears, in a sentence, when the server goes and comes back. */
  readonly say?: (sentence: string) => void;
  /** Gives up connecting; has no effect on an open connection. */
  readonly signal?: AbortSignal;
  /** Pause between attempts to reconnect; default 1,000, with as much jitter. */
  readonly reconnectMs?: number;
}

export interface NatsClient {
  readonly nats: NatsConnection;
  /** Without credentials. */
  readonly address: string;
  /** Who this is to the server; null where it was given a token alone, or nothing. */
  readonly user: string | null;
  /** False while the server is away. What is published then, or was not yet flushed, is lost. */
  connected(): boolean;
  /** Calls back after every reconnection, when subscriptions are in place again; returns how to stop it. */
  onReconnect(listener: () => void): () => void;
  /** Sends what was published, where that is possible, and closes. */
  close(): Promise<void>;
}

/** Broker and client notice each other's silent death (a pulled cable) after about three of these. */
const PING_MS = 5000;
/** Of one attempt: one that meets a server in its last or first moments may hang, and the next will not. */
const DIAL_TIMEOUT_MS = 3000;
const DIALS = 3;
const TIMED_OUT: ReadonlySet<string> = new Set([ErrorCode.Timeout]);
const FLUSH_TIMEOUT_MS = 2000;

/**
 * @throws GanglionError USAGE when the address is none, AUTH when the server refuses the credentials or, beyond
 *   loopback, asks for none, TRANSPORT when it cannot be reached
 */
export async function connectNatsServer(options: NatsOptions): Promise<NatsClient> {
  const { say = () => undefined, signal } = options;
  const { address, user, loopback } = parseNatsUrl(options.url);
  assertCredentials(address, loopback, options.token);
  signal?.throwIfAborted();
  const sockets = ownSockets();
  const nats = await sockets
    .within(() => dial(options, address, user))
    .catch((error: unknown) => {
      sockets.close();
      throw error;
    });
  const hangUp = async (): Promise<void> => {
    await nats.close();
    sockets.close();
  };
  if (!loopback && nats.info?.auth_required !== true) {
    await hangUp();
    throw new GanglionError(
      "AUTH",
      `the NATS server at ${address} lets anyone in, and is not on this machine alone: configure users or a token (see deploy/nats.conf)`,
    );
  }
  const listeners = new Set<() => void>();
  let connected = true;
  void (async () => {
    for await (const { type } of nats.status()) {
      if (type === Events.Disconnect) {
        if (connected) say(`lost the NATS server at ${address}: waiting for it`);
        connected = false;
      } else if (type === Events.Reconnect) {
        connected = true;
        say(`the NATS server at ${address} is back`);
        for (const listener of listeners) listener();
      }
    }
  })();
  return {
    nats,
    address,
    user,
    connected: () => connected && !nats.isClosed(),
    onReconnect(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (connected && !nats.isClosed()) await flushBriefly(nats);
      await hangUp();
    },
  };
}

export interface NatsAddress {
  /** `nats://HOST:PORT` */
  readonly address: string;
  readonly user: string | null;
  /** What follows the host, without slashes: the run's name, where one is given. */
  readonly path: string;
  readonly loopback: boolean;
}

/** @throws GanglionError USAGE */
export function parseNatsUrl(url: string): NatsAddress {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^(nats|tls):$/.test(parsed.protocol) || parsed.hostname === "") {
    throw new GanglionError(
      "USAGE",
      `${url} is no address of a NATS server: write nats://HOST:PORT, for example nats://127.0.0.1:4222`,
    );
  }
  if (parsed.password !== "") {
    throw new GanglionError(
      "USAGE",
      `the address of the NATS server at ${parsed.hostname} holds a password, which others on this machine can see: give it by GANGLION_TOKEN`,
    );
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  return {
    address: `${parsed.protocol}//${parsed.hostname}:${parsed.port || "4222"}`,
    user: parsed.username === "" ? null : decodeURIComponent(parsed.username),
    path: decodeURIComponent(parsed.pathname.replaceAll("/", "")),
    loopback: isLoopback(host),
  };
}

function assertCredentials(address: string, loopback: boolean, token: string | undefined): void {
  if (loopback || token) return;
  throw new GanglionError(
    "AUTH",
    `${address} is beyond this machine, and no token is set: give the server's by --token or GANGLION_TOKEN`,
  );
}

async function dial(options: NatsOptions, address: string, user: string | null): Promise<NatsConnection> {
  const { token, tlsCaFile, reconnectMs = 1000 } = options;
  const wantsTls = tlsCaFile !== undefined || address.startsWith("tls:");
  const settings: ConnectionOptions = {
    servers: address.replace(/^tls:/, "nats:"),
    name: "ganglion",
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true, // a server that comes back with other users may be mended
    reconnectTimeWait: reconnectMs,
    reconnectJitter: reconnectMs,
    reconnectJitterTLS: reconnectMs,
    timeout: DIAL_TIMEOUT_MS,
    pingInterval: PING_MS,
    // Where each user may read only its own inbox (deploy/nats.conf), it must be known by name.
    inboxPrefix: user === null ? "_INBOX" : `_INBOX.${user}`,
    ...(user !== null ? { user, pass: token ?? "" } : token ? { token } : {}),
    ...(wantsTls && { tls: tlsCaFile === undefined ? {} : { caFile: tlsCaFile } }),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(settings);
    } catch (error) {
      const again = error instanceof NatsError && TIMED_OUT.has(error.code) && attempt < DIALS;
      if (!again) throw translateNatsError(error, { address, user });
    }
  }
}

/** The client's codes as our codes and sentences. */
export function translateNatsError(
  error: unknown,
  { address, user }: Pick<NatsClient, "address" | "user">,
): GanglionError {
  if (error instanceof GanglionError) return error;
  const distrusted = distrust(error, address);
  if (distrusted) return distrusted;
  const code = error instanceof NatsError ? error.code : null;
  const cause = { cause: error };
  switch (code) {
    case ErrorCode.AuthorizationViolation:
      return new GanglionError(
        "AUTH",
        user === null
          ? `the NATS server at ${address} refuses these credentials: use its token, or a user name in the address (nats://USER@HOST) with the password as token`
          : `the NATS server at ${address} refuses the user ${user}: it knows none of that name, or by another password than this token; see the users in its configuration (deploy/nats.conf shows what one may be)`,
        cause,
      );
    case ErrorCode.PermissionsViolation:
      return new GanglionError(
        "AUTH",
        `the NATS server at ${address} does not allow ${user === null ? "who has no user name" : `the user ${user}`} to do so: ${messageOf(error)}; give the user what deploy/nats.conf gives to one of its role, with its own name in every place`,
        cause,
      );
    case ErrorCode.ConnectionRefused:
      return new GanglionError(
        "TRANSPORT",
        `cannot reach a NATS server at ${address}: start one (nats-server -js), or give its address`,
        cause,
      );
    case ErrorCode.ServerOptionNotAvailable:
      return new GanglionError(
        "USAGE",
        `the NATS server at ${address} speaks no TLS: give it a certificate (see deploy/nats.conf), or leave out --tls-ca and tls://`,
        cause,
      );
    default:
      return new GanglionError("TRANSPORT", `the NATS server at ${address}: ${messageOf(error)}`, cause);
  }
}

/** Not longer than the server may be thought to be there: a flush to one that is not never ends. */
async function flushBriefly(nats: NatsConnection): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
  });
  await Promise.race([nats.flush().catch(() => undefined), late]);
  clearTimeout(timer);
}
