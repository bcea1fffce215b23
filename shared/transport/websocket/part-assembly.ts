// Frames from the WebSocket messages that carry them: each as many bytes as one may hold, the last what is left.
import { declaredBody, declaredSize } from "../../protocol/frame.ts";
import { type AssemblyOptions, type Frame, FrameBuilder } from "../frame-builder.ts";

/**
 * A larger frame travels in messages of this size. What `ws` makes of each is garbage, of which little is alive at a time:
 * V8 clears it away with the young objects, where whole frames made it collect all of its memory every few of them.
 */
export const PART_BYTES = 128 * 1024;

/** Why messages do not make a frame. */
export type PartFault = "part-size" | "too-large";

/** Frames come one after the other; nothing but its own length says how many messages one has. */
export class PartAssembly {
  readonly #options: AssemblyOptions;
  #builder: FrameBuilder | null = null;
  #sizeBytes = 0;
  #filledBytes = 0;

  constructor(options: AssemblyOptions) {
    this.#options = options;
  }

  /**
   * The frame when the part is its last, null when more are to come. One in a single part is that part; others are copied.
   * What it is given need not be a frame: `decodeFrame` judges. After a fault what comes means nothing.
   */
  add(part: Uint8Array): Frame | null | PartFault {
    if (!this.#builder) {
      const sizeBytes = part.length < PART_BYTES ? part.length : declaredSize(part);
      const { maxFrameBytes, maxBodyBytes = maxFrameBytes } = this.#options;
      if (sizeBytes > maxFrameBytes || declaredBody(part) > maxBodyBytes) return "too-large";
      if (sizeBytes <= PART_BYTES) return { bytes: part, release: () => undefined };
      this.#builder = new FrameBuilder(this.#options, sizeBytes);
      [this.#sizeBytes, this.#filledBytes] = [sizeBytes, 0];
    }
    if (part.length !== Math.min(PART_BYTES, this.#sizeBytes - this.#filledBytes)) return "part-size";
    this.#builder.write(this.#filledBytes, part);
    this.#filledBytes += part.length;
    if (this.#filledBytes < this.#sizeBytes) return null;
    const frame = this.#builder.finish();
    this.#builder = null;
    return frame;
  }

  /** Whether a frame has begun and is not whole. */
  get unfinished(): boolean {
    return this.#builder !== null;
  }

  /** Lets go of a frame that will not be whole. */
  abandon(): void {
    this.#builder?.abandon();
    this.#builder = null;
  }
}
