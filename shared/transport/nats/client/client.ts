// A client of a NATS server that reconnects for ever: one connection after the other, with the same subscriptions.
import { setTimeout as delay } from "node:timers/promises";
import type { Msg, NatsConnection, NatsError } from "nats";
import { GanglionError } from "../../../errors.ts";
import { settledWithin } from "../../../with-timeout.ts";
import { readAuthorities } from "../../tls/certificate-files.ts";
import { parseNatsUrl } from "./address.ts";
import { type Login, isTimeout, translateNatsError } from "./errors.ts";
import { type LinkOptions, type NatsLink, openLink } from "./link.ts";

export interface NatsOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`; with a user name (`nats://gpu-1@HOST`) the token is that user's password. */
  readonly url: string;
  readonly token?: string;
  /** PEM file with the certificates to trust; default: the system's. */
  readonly tlsCaFile?: string;
  /** Called with a sentence when the connection is lost, and when it is back. */
  readonly say?: (sentence: string) => void;
  /** Stops the first attempt to connect; has no effect on an open connection. */
  readonly signal?: AbortSignal;
  /** Pause between attempts to reconnect, to which as much jitter is added; default 1,000. */
  readonly reconnectMs?: number;
}

export interface NatsClient extends Login {
  /** The present connection; a new object after every reconnection. */
  readonly nats: NatsConnection;
  /** False while the server is away. What is published then, or was not yet flushed, is lost. */
  connected(): boolean;
  /** Stays in place over reconnections. An error says that the server does not permit the subscription. */
  subscribe(subject: string, onMessage: OnMessage): void;
  /** As `subscribe`, for packets, of which there are many. */
  subscribePackets(subject: string, handlers: PacketHandlers): void;
  /** Hands a packet to the system; its bytes must not change afterwards. Lost if the server is away. */
  publish(subject: string, packet: Uint8Array): void;
  /** Resolves when the server has read all that was sent; rejects if the connection is lost before. */
  flush(): Promise<void>;
  /** Calls back after every reconnection, once the subscriptions are in place again; returns how to stop it. */
  onReconnect(listener: () => void): () => void;
  /** Sends what was published, where possible, and closes. */
  close(): Promise<void>;
}

type OnMessage = (error: NatsError | null, message: Msg) => void;

export interface PacketHandlers {
  /** `packet` is borrowed until it returns. */
  readonly onPacket: (subject: string, packet: Uint8Array) => void;
  /** The server does not permit the subscription. */
  readonly onRefused: (error: NatsError) => void;
}

/** Puts a subscription in place, on one connection after the other. */
type Subscribe = (link: NatsLink) => void;

/** Attempts at the start to reach a server that does not answer in time. */
const FIRST_ATTEMPTS = 3;
/** Of a close: a flush to a server that hangs may take very long. */
const FLUSH_TIMEOUT_MS = 2000;

/**
 * @throws GanglionError USAGE for a bad address or a `tlsCaFile` without certificates; AUTH when the server refuses the
 *   credentials, or is on another machine and asks for none; TRANSPORT when it cannot be reached
 */
export async function connectNatsServer(options: NatsOptions): Promise<NatsClient> {
  const { say = () => undefined, signal, token, tlsCaFile, reconnectMs = 1000 } = options;
  const { address, user, loopback } = parseNatsUrl(options.url);
  assertToken(address, loopback, token);
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
      `the NATS server at ${address} accepts everyone, and other machines can reach it: configure users or a token (see deploy/nats.conf)`,
    );
  }
  const subscriptions: Subscribe[] = [];
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let connected = true;

  async function reconnectForever(): Promise<void> {
    for (;;) {
      await link.lost;
      connected = false;
      if (closing.signal.aborted) return;
      const { lastReadAt } = link.packets; // a server that hangs is given up only some time later
      say(`lost the NATS server at ${address} at ${timeOfDay(lastReadAt)}: waiting for it`);
      const next = await nextLink(server, reconnectMs, closing.signal);
      if (!next) return;
      link = next;
      if (link.nats.isClosed()) continue;
      connected = true;
      for (const subscribe of subscriptions) subscribe(link);
      say(`the NATS server at ${address} is back after ${secondsSince(lastReadAt)} s`);
      for (const listener of listeners) listener();
    }
  }
  const reconnecting = reconnectForever();

  function addSubscription(subscribe: Subscribe): void {
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
    subscribe: (subject, onMessage) =>
      addSubscription(({ nats }) => void nats.subscribe(subject, { callback: onMessage })),
    subscribePackets: (subject, { onPacket, onRefused }) =>
      addSubscription(({ nats, packets }) => {
        const subscription = nats.subscribe(subject, {
          callback: (error, message) => (error ? onRefused(error) : onPacket(message.subject, message.data)),
        });
        packets.handle(subscription.getID(), onPacket);
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
      if (connected && !link.nats.isClosed()) await settledWithin(link.flush(), FLUSH_TIMEOUT_MS);
      closing.abort();
      await link.hangUp();
      await reconnecting;
    },
  };
}

function assertToken(address: string, loopback: boolean, token: string | undefined): void {
  if (loopback || token) return;
  throw new GanglionError(
    "AUTH",
    `${address} is on another machine, and no token is set: pass the server's by --token or GANGLION_TOKEN`,
  );
}

async function firstLink(server: LinkOptions): Promise<NatsLink> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openLink(server);
    } catch (error) {
      if (!isTimeout(error) || attempt === FIRST_ATTEMPTS) throw translateNatsError(error, server);
    }
  }
}

/** Tries until it succeeds or is aborted, even if it is refused: a wrong configuration of the server may be corrected. */
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

/** By this machine's clock. `at` is a time of `performance.now()`. */
function timeOfDay(at: number): string {
  return new Date(performance.timeOrigin + at).toLocaleTimeString("en-GB");
}

function secondsSince(at: number): string {
  const seconds = (performance.now() - at) / 1000;
  return seconds.toFixed(seconds < 10 ? 1 : 0);
}
