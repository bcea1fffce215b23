// What waits to go out to the NATS server. The client has no back-pressure of its own, so this bounds it.
import type { NatsClient } from "../client/client.ts";
import { PacketPool } from "./packet-pool.ts";

export interface SendBuffer {
  /** False while the server is away: what is sent then is lost. */
  open(): boolean;
  /** Whether the server answers: false if the connection is lost before it does. Takes as long as that takes. */
  answers(): Promise<boolean>;
  /** Size of the largest packet: the server's limit, within reason. A server that restarts may change it. */
  packetBytes(): number;
  /** Makes the packets that are sent here. */
  readonly pool: PacketPool;
  /** Hands a packet to the client; its bytes must not change afterwards. False if the server would refuse its size. */
  publish(subject: string, packet: Uint8Array): boolean;
  /** Resolves when little enough is buffered; at once while the server is away. */
  room(): Promise<void>;
}

/** From so many unconfirmed bytes on, the next packet waits. */
const BUFFER_BYTES = 32 * 1024 * 1024;
/** A larger packet would hold up others behind it, and each of many nodes may always have one in flight. */
const MAX_PACKET_BYTES = 128 * 1024;

export function createSendBuffer(client: NatsClient): SendBuffer {
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

  /** A round trip confirms that the server has read all before it. It fails if the connection is lost, and so are the bytes. */
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
    pool: new PacketPool(MAX_PACKET_BYTES),
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
