// A NATS server as this program sees it: credentials, one connection after another for ever, what errors mean to the user.
import { setTimeout as delay } from "node:timers/promises";
import { ErrorCode, type Msg, type NatsConnection, NatsError } from "nats";
import { GanglionError, messageOf } from "../../../errors.ts";
import { isLoopback } from "../../../http/loopback.ts";
import { readAuthorities } from "../../tls/certificate-files.ts";
import { distrust } from "../../tls/certificates.ts";
import { type LinkOptions, type NatsLink, isTimeout, openLink } from "../link.ts";

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
  /** The present connection: another one after every reconnection. */
  readonly nats: NatsConnection;
  /** Without credentials. */
  readonly address: string;
  /** Who this is to the server; null where it was given a token alone, or nothing. */
  readonly user: string | null;
  /** False while the server is away. What is published then, or was not yet flushed, is lost. */
  connected(): boolean;
  /** Until it closes, over every connection. Errors are what the server does not permit. */
  subscribe(subject: string, hear: Hear): void;
  /** As `subscribe`, for packets, of which there are many. */
  hearPackets(subject: string, ears: PacketEars): void;
  /** Hands a packet to the system; its bytes must not change afterwards. What is sent while the server is away is lost. */
  publish(subject: string, packet: Uint8Array): void;
  /** Resolves when the server has read all that was sent; rejects when the connection is lost instead. */
  flush(): Promise<void>;
  /** Calls back after every reconnection, when subscriptions are in place again; returns how to stop it. */
  onReconnect(listener: () => void): () => void;
  /** Sends what was published, where that is possible, and closes. */
  close(): Promise<void>;
}

type Hear = (error: NatsError | null, message: Msg) => void;

export interface PacketEars {
  /** `packet` is borrowed until it returns. */
  readonly hear: (subject: string, packet: Uint8Array) => void;
  /** The server does not permit to listen. */
  readonly refused: (error: NatsError) => void;
}

/** Puts a subscription in place, on one connection after the other. */
type Subscribe = (link: NatsLink) => void;

/** Of a server that does not answer in time, at the start. */
const DIALS = 3;
const FLUSH_TIMEOUT_MS = 2000;

/**
 * @throws GanglionError USAGE when the address is none or there are no certificates in `tlsCaFile`, AUTH when the server refuses the credentials or, beyond
 *   loopback, asks for none, TRANSPORT when it cannot be reached
 */
export async function connectNatsServer(options: NatsOptions): Promise<NatsClient> {
  const { say = () => undefined, signal, token, tlsCaFile, reconnectMs = 1000 } = options;
  const { address, user, loopback } = parseNatsUrl(options.url);
  assertCredentials(address, loopback, token);
  if (tlsCaFile !== undefined) await readAuthorities(tlsCaFile);
  signal?.throwIfAborted();
  const server: LinkOptions = {
    address,
    user,
    ...(token !== undefined && { token }),
    ...(tlsCaFile !== undefined && { tlsCaFile }),
  };
  let link = await firstLink(server);
  if (!loopback && link.nats.info?.auth_required !== true) {
    await link.hangUp();
    throw new GanglionError(
      "AUTH",
      `the NATS server at ${address} lets anyone in, and is not on this machine alone: configure users or a token (see deploy/nats.conf)`,
    );
  }
  const subscriptions: Subscribe[] = [];
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let connected = true;

  async function keep(): Promise<void> {
    for (;;) {
      await link.lost;
      connected = false;
      if (closing.signal.aborted) return;
      const lostAt = link.packets.heardAt; // one that is stopped is given up some time later
      say(`lost the NATS server at ${address} at ${timeOfDay(lostAt)}: waiting for it`);
      const next = await nextLink(server, reconnectMs, closing.signal);
      if (!next) return;
      link = next;
      if (link.nats.isClosed()) continue;
      connected = true;
      for (const subscribe of subscriptions) subscribe(link);
      say(`the NATS server at ${address} is back after ${secondsSince(lostAt)} s`);
      for (const listener of listeners) listener();
    }
  }
  const kept = keep();

  function always(subscribe: Subscribe): void {
    subscriptions.push(subscribe);
    if (!link.nats.isClosed()) subscribe(link);
  }

  return {
    get nats() {
      return link.nats;
    },
    address,
    user,
    connected: () => connected && !link.nats.isClosed(),
    subscribe: (subject, hear) => always(({ nats }) => void nats.subscribe(subject, { callback: hear })),
    hearPackets: (subject, { hear, refused }) =>
      always(({ nats, packets }) => {
        const subscription = nats.subscribe(subject, {
          callback: (error, message) => (error ? refused(error) : hear(message.subject, message.data)),
        });
        packets.handle(subscription.getID(), hear);
      }),
    publish(subject, packet) {
      if (!link.nats.isClosed()) link.packets.publish(subject, packet);
    },
    flush: () => link.flush(),
    onReconnect(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (connected && !link.nats.isClosed()) await flushBriefly(link);
      closing.abort();
      await link.hangUp();
      await kept;
    },
  };
}

/** Of this machine: what a person compares with a clock. `at` as `performance.now()` says it. */
function timeOfDay(at: number): string {
  return new Date(performance.timeOrigin + at).toLocaleTimeString("en-GB");
}

function secondsSince(at: number): string {
  const seconds = (performance.now() - at) / 1000;
  return seconds.toFixed(seconds < 10 ? 1 : 0);
}

async function firstLink(server: LinkOptions): Promise<NatsLink> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openLink(server);
    } catch (error) {
      if (!isTimeout(error) || attempt === DIALS) throw translateNatsError(error, server);
    }
  }
}

/** Tries until it succeeds, also where it is refused: a server that comes back with other users may be mended. */
async function nextLink(
  server: LinkOptions,
  reconnectMs: number,
  signal: AbortSignal,
): Promise<NatsLink | null> {
  for (let pause = 0; !signal.aborted; pause = reconnectMs * (1 + Math.random())) {
    await delay(pause, undefined, { signal }).catch(() => undefined);
    const link = signal.aborted ? null : await openLink(server).catch(() => null);
    if (!signal.aborted && link) return link;
    await link?.hangUp();
  }
  return null;
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

/** Not longer than the server may be thought to be there: a flush to one that is not may take very long. */
async function flushBriefly(link: NatsLink): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
  });
  await Promise.race([link.flush().catch(() => undefined), late]);
  clearTimeout(timer);
}
