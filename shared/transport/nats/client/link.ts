// One connection to a NATS server, from its first packet to its last.
//
// The library does not reconnect here: each of its attempts that the server accepted and never answered stays in memory
// until the server is back, and then reports the reconnection once more. A lost link is over; the next one is new.
import { type ConnectionOptions, ErrorCode, type NatsConnection, NatsError } from "nats";
import { type RawPackets, connectRaw } from "./raw-transport.ts";

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
  /** A round trip: resolves when the server has read all that was sent, rejects if the connection is lost before. */
  flush(): Promise<void>;
  hangUp(): Promise<void>;
}

/** Server and client notice each other's silent death (a pulled cable) after about three of these. */
const PING_MS = 5000;
/** Of one attempt: it may hang if the server is just starting or ending, and the next one will not. */
const CONNECT_TIMEOUT_MS = 3000;

/** @throws NatsError, or what the socket says */
export async function openLink({ address, user, token, tlsCaFile }: LinkOptions): Promise<NatsLink> {
  const wantsTls = tlsCaFile !== undefined || address.startsWith("tls:");
  const settings: ConnectionOptions = {
    servers: address.replace(/^tls:/, "nats:"),
    name: "ganglion",
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_MS,
    // Where each user may read only its own inbox (deploy/nats.conf), the inbox has the user's name.
    inboxPrefix: user === null ? "_INBOX" : `_INBOX.${user}`,
    ...(user !== null ? { user, pass: token ?? "" } : token ? { token } : {}),
    ...(wantsTls && { tls: tlsCaFile === undefined ? {} : { caFile: tlsCaFile } }),
  };
  const { nats, packets } = await connectRaw(settings);
  const flushing = new Set<(error: NatsError) => void>(); // the library never settles these when it closes
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
