// A thread's own copy of the weights: ONNX Runtime takes no shared memory.
import { copyBytes } from "../../shared/copy-bytes.ts";
import { type Layout, type Slot, viewOf } from "../../shared/protocol/layout.ts";
import type { TaskWeights } from "../task.ts";

export class Staging {
  /** [P] */
  readonly vector: Float32Array;
  readonly #slots: readonly Slot[];
  #copy = -1;

  constructor({ slots, length }: Layout) {
    this.vector = new Float32Array(length);
    this.#slots = slots;
  }

  /**
   * Takes weights over, and returns the names of those that were others before. They are compared byte for byte, so that
   * a version which changes one network leaves what was made of the others as it is.
   */
  take({ copy, vector }: TaskWeights): ReadonlySet<string> {
    const changed = new Set<string>();
    if (copy === this.#copy) return changed;
    for (const slot of this.#slots) {
      const [mine, given] = [viewOf(this.vector, slot), viewOf(vector, slot)];
      if (bytesOf(mine).equals(bytesOf(given))) continue;
      copyBytes(mine, given);
      changed.add(slot.name);
    }
    this.#copy = copy;
    return changed;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
