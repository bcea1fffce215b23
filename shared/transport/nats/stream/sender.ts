// The sending half of a session: frames become packets, which are kept until the other end has acknowledged them.
import type { GanglionError } from "../../../errors.ts";
import type { Counters } from "../../counters.ts";
import { cutFrame } from "../../cut-frame.ts";
import { PACKET_HEAD_BYTES, type StatusPacket } from "./packets.ts";
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

export class Sender {
  readonly stream: Outgoing;
  readonly #options: SenderOptions;
  readonly #unsent = new Set<(error: GanglionError) => void>();
  #wentBack = { to: -1, at: 0 };

  constructor(options: SenderOptions) {
    const { sendBuffer, windowBytes } = options;
    this.#options = options;
    this.stream = new Outgoing({
      windowBytes,
      open: () => sendBuffer.open(),
      publish: (packet) => this.publish(packet),
      release: (packet) => sendBuffer.pool.release(packet),
    });
  }

  /** Sends a packet once: it may be lost. */
  publish(packet: Uint8Array): void {
    const { sendBuffer, subject, onTooLarge } = this.#options;
    if (sendBuffer.publish(subject, packet)) return;
    const reason = `the NATS server now accepts at most ${sendBuffer.packetBytes()} bytes per message`;
    queueMicrotask(() => onTooLarge(reason)); // the packets that are kept are larger: a new session will cut smaller ones
  }

  /** Resolves when the pieces may be reused; rejects with what `end` is given. */
  async sendFrame(pieces: readonly Uint8Array[]): Promise<void> {
    const { counters, sendBuffer } = this.#options;
    const parts = cutFrame(pieces, sendBuffer.packetBytes() - PACKET_HEAD_BYTES);
    counters.sent(pieces.reduce((sum, piece) => sum + piece.length, 0));
    await new Promise<void>((resolve, reject) => {
      this.#unsent.add(reject);
      const onSent = (): void => {
        this.#unsent.delete(reject);
        resolve();
      };
      for (const part of parts) {
        const packet = sendBuffer.pool.encode({ kind: "chunk", seq: this.stream.next, ...part });
        this.stream.push(packet, { onSent: part.index === part.count - 1 ? onSent : null });
      }
    });
    await sendBuffer.room();
  }

  /** Frees what was acknowledged, and sends again what is missing. */
  onStatus({ acknowledged, received, missing }: StatusPacket): void {
    this.stream.acknowledge(acknowledged);
    const now = performance.now();
    const repeated = this.#wentBack.to === received && now - this.#wentBack.at < REPEAT_MS;
    if (!missing || repeated) return;
    this.#wentBack = { to: received, at: now };
    this.stream.goBack(received);
  }

  /** Frees everything. */
  end(error: GanglionError): void {
    this.stream.close();
    for (const reject of this.#unsent) reject(error);
  }
}
