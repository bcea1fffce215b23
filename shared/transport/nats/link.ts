// One connection to a NATS server, from its first packet to its last.
//
// The library is not asked to reconnect. Each of its attempts that the server took and never answered stays in memory
// until the server is back, and then tells of the reconnection once more. A link that is lost is over; the next is new.
import { type ConnectionOptions, ErrorCode, type NatsConnection, NatsError } from "nats";
import { type RawPackets, connectRaw } from "./client/raw-transport.ts";

export interface LinkOptions {
  /** `nats://HOST:PORT` or `tls://HOST:PORT` */
  readonly address: string;
  readonly user: string | null;
  readonly token?: string;
  readonly tlsCaFile?: string;
}

export interface NatsLink {
  readonly nats: NatsConnection;
  readonly packets: RawPackets;
  /** Resolves, never rejects, when the connection is lost or was closed. */
  readonly lost: Promise<void>;
  /** A round trip: resolves when the server has read all that was sent, rejects when the connection is lost instead. */
  flush(): Promise<void>;
  hangUp(): Promise<void>;
}

/** Broker and client notice each other's silent death (a pulled cable) after about three of these. */
const PING_MS = 5000;
/** Of one attempt: one that meets a server in its last or first moments may hang, and the next will not. */
const DIAL_TIMEOUT_MS = 3000;
const TIMED_OUT: ReadonlySet<string> = new Set([ErrorCode.Timeout]);

/** @throws NatsError, or what the socket says */
export async function openLink({ address, user, token, tlsCaFile }: LinkOptions): Promise<NatsLink> {
  const wantsTls = tlsCaFile !== undefined || address.startsWith("tls:");
  const settings: ConnectionOptions = {
    servers: address.replace(/^tls:/, "nats:"),
    name: "ganglion",
    reconnect: false,
    timeout: DIAL_TIMEOUT_MS,
    pingInterval: PING_MS,
    // Where each user may read only its own inbox (deploy/nats.conf), it must be known by name.
    inboxPrefix: user === null ? "_INBOX" : `_INBOX.${user}`,
    ...(user !== null ? { user, pass: token ?? "" } : token ? { token } : {}),
    ...(wantsTls && { tls: tlsCaFile === undefined ? {} : { caFile: tlsCaFile } }),
  };
  const { nats, packets } = await connectRaw(settings);
  const flushing = new Set<(error: NatsError) => void>(); // the library leaves them open when it closes
  const end = async (): Promise<void> => {
    await nats.closed();
    for (const reject of flushing) reject(new NatsError("the connection was lost", ErrorCode.Disconnect));
  };
  return {
    nats,
    packets,
    lost: end(),
    flush: () =>
      new Promise((resolve, reject) => {
        flushing.add(reject);
        void nats
          .flush()
          .then(resolve, reject)
          .finally(() => flushing.delete(reject));
      }),
    hangUp: () => nats.close(),
  };
}

export function isTimeout(error: unknown): boolean {
  return error instanceof NatsError && TIMED_OUT.has(error.code);
}
