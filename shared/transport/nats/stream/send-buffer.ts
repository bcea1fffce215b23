// Where packets go out to the NATS server: bounds what is buffered, since the client has no back-pressure of its own.
import type { NatsClient } from "../client/client.ts";
import { PacketMemory } from "./packet-pool.ts";

export interface Outlet {
  /** False while the server is away: what is sent then is lost. */
  open(): boolean;
  /** Asks the server for an answer: false when the connection to it is lost instead. May take as long as that takes. */
  answers(): Promise<boolean>;
  /** The largest packet: what the server announces, as far as it is sensible. A server that restarts may change it. */
  packetBytes(): number;
  /** Where packets are made that this outlet takes. */
  readonly memory: PacketMemory;
  /** Hands a packet to the client; its bytes must not change afterwards. False when the server would refuse its size. */
  publish(subject: string, packet: Uint8Array): boolean;
  /** Resolves when few enough bytes are buffered, at once when the server is away. */
  room(): Promise<void>;
}

/** Unconfirmed bytes after which the next packet waits; half of them may be confirmed meanwhile. */
const BUFFER_BYTES = 32 * 1024 * 1024;
/** A larger packet would keep others waiting behind it, and each of many nodes may always have one on its way. */
const MAX_PACKET_BYTES = 128 * 1024;

export function createOutlet(client: NatsClient): Outlet {
  const limitBytes = (): number => client.nats.info?.max_payload ?? MAX_PACKET_BYTES;
  let unconfirmedBytes = 0;
  let sinceFlushBytes = 0;
  let waiting: (() => void)[] = [];

  const full = (): boolean => unconfirmedBytes >= BUFFER_BYTES && client.connected();
  const nextConfirmation = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
    });

  function confirm(bytes: number): void {
    unconfirmedBytes -= bytes;
    if (full()) return;
    const wake = waiting;
    waiting = [];
    for (const resolve of wake) resolve();
  }

  /** A round trip: the server has read all before it. It fails when the connection is lost, and the bytes with it. */
  function flush(): void {
    const bytes = sinceFlushBytes;
    sinceFlushBytes = 0;
    const settle = (): void => confirm(bytes);
    client.flush().then(settle, settle);
  }

  return {
    open: () => client.connected(),
    answers: () =>
      client.flush().then(
        () => true,
        () => false,
      ),
    packetBytes: () => Math.min(limitBytes(), MAX_PACKET_BYTES),
    memory: new PacketMemory(MAX_PACKET_BYTES),
    publish(subject, packet) {
      if (!client.connected()) return true;
      if (packet.length > limitBytes()) return false;
      client.publish(subject, packet);
      unconfirmedBytes += packet.length;
      sinceFlushBytes += packet.length;
      if (sinceFlushBytes >= BUFFER_BYTES / 4) flush();
      return true;
    },
    async room() {
      while (full()) await nextConfirmation();
    },
  };
}
