// The sending half of a session: frames become packets, which are kept until the other end has acknowledged them.
import { GanglionError } from "../../../errors.ts";
import type { Counters } from "../../counters.ts";
import { PACKET_HEAD_BYTES, type StatusPacket, cutFrame, encodePacket } from "./packets.ts";
import { Outgoing } from "./reliable-stream.ts";
import { REPEAT_MS } from "./repair.ts";
import type { SendBuffer } from "./send-buffer.ts";

export interface SenderOptions {
  readonly counters: Counters;
  readonly sendBuffer: SendBuffer;
  /** Where the packets go. */
  readonly subject: string;
  /** How many bytes the other end allows to be in flight. */
  readonly windowBytes: () => number;
  /** The server no longer accepts packets as large as those that are kept. */
  readonly onTooLarge: (reason: string) => void;
}

export interface Sender {
  /** How many packets of the stream were sent. */
  readonly sent: number;
  /** Bytes that are kept until the other end acknowledges them. */
  readonly heldBytes: number;
  /** Sends a packet beside the stream: it may be lost. */
  publish(packet: Uint8Array): void;
  /** Resolves when the pieces may be reused. @throws GanglionError what `end` is given */
  sendFrame(pieces: readonly Uint8Array[]): Promise<void>;
  /** Puts a broadcast's place into the stream; `settled` is told whether the other end has got it, or never will. */
  refer(broadcast: number, frameBytes: number, settled: (received: boolean) => void): void;
  /** The last packet of the stream. */
  sayGoodbye(reason: string): void;
  /** Frees what was acknowledged, and sends again what is missing. */
  onStatus(status: StatusPacket): void;
  /** Sends what the window allows: after it has grown, or the server is back. */
  pump(): void;
  /** Frees everything; frames that were not sent yet reject. */
  end(error: GanglionError): void;
}

export function createSender({
  counters,
  sendBuffer,
  subject,
  windowBytes,
  onTooLarge,
}: SenderOptions): Sender {
  const outgoing = new Outgoing({
    windowBytes,
    open: () => sendBuffer.open(),
    publish,
    release: (packet) => sendBuffer.pool.release(packet),
  });
  const unsent = new Set<(error: GanglionError) => void>();
  let wentBack = { to: -1, at: 0 };

  function publish(packet: Uint8Array): void {
    if (sendBuffer.publish(subject, packet)) return;
    const reason = `the NATS server now accepts at most ${sendBuffer.packetBytes()} bytes per message`;
    queueMicrotask(() => onTooLarge(reason)); // the packets that are kept are larger: a new session will cut smaller ones
  }

  return {
    get sent() {
      return outgoing.sent;
    },
    get heldBytes() {
      return outgoing.heldBytes;
    },
    publish,
    async sendFrame(pieces) {
      const parts = cutFrame(pieces, sendBuffer.packetBytes() - PACKET_HEAD_BYTES);
      counters.sent(pieces.reduce((sum, piece) => sum + piece.length, 0));
      await new Promise<void>((resolve, reject) => {
        unsent.add(reject);
        const onSent = (): void => {
          unsent.delete(reject);
          resolve();
        };
        for (const part of parts) {
          const packet = sendBuffer.pool.encode({ kind: "chunk", seq: outgoing.next, ...part });
          outgoing.push(packet, { onSent: part.index === part.count - 1 ? onSent : null });
        }
      });
      await sendBuffer.room();
    },
    refer(broadcast, frameBytes, settled) {
      counters.sent(0); // the hub counts the frame, once for all
      const packet = encodePacket({ kind: "reference", seq: outgoing.next, broadcast });
      outgoing.push(packet, { heldBytes: frameBytes, onAcknowledged: settled });
    },
    sayGoodbye: (reason) => outgoing.push(encodePacket({ kind: "goodbye", seq: outgoing.next, reason })),
    onStatus({ acknowledged, received, missing }) {
      outgoing.acknowledge(acknowledged);
      const now = performance.now();
      const repeated = wentBack.to === received && now - wentBack.at < REPEAT_MS;
      if (!missing || repeated) return;
      wentBack = { to: received, at: now };
      outgoing.goBack(received);
    },
    pump: () => outgoing.pump(),
    end(error) {
      outgoing.close();
      for (const reject of unsent) reject(error);
    },
  };
}
