// The run's weights and their version, in shared memory that nodes of this process read in place.
import { createHash } from "node:crypto";
import { copyBytes } from "../../shared/copy-bytes.ts";
import type { Section } from "../../shared/protocol/layout.ts";
import type { Connection, Hub } from "../../shared/transport/transport.ts";
import { sharedFloats } from "./vector-threads/shared-memory.ts";
import type { Constrain } from "./constraints.ts";

/**
 * Version v is read by nodes while version v + 1 is written, so there are at least two buffers. A buffer is written
 * again only when every node has released it; a node that stops reading costs a third buffer, not the others' time.
 */
export class Weights {
  readonly #free: Float32Array[] = [];
  readonly #constrain: Constrain | null;
  readonly #floats: (length: number) => Float32Array;
  #current: Float32Array;
  #version: number;
  /** Resolves when no node reads the current buffer any more. */
  #released: Promise<unknown> = Promise.resolve();

  /** `constrain` makes each later version what its layers want it to be; `floats` makes the buffers, in shared memory. */
  constructor(
    initial: Float32Array,
    version: number,
    constrain: Constrain | null = null,
    floats = sharedFloats,
  ) {
    this.#constrain = constrain;
    this.#floats = floats;
    this.#current = floats(initial.length);
    this.#current.set(initial);
    this.#version = version;
  }

  /** Whether a version may differ from the draft that it is made of. */
  get isConstrained(): boolean {
    return this.#constrain !== null;
  }

  /** [P]; read-only. */
  get current(): Float32Array {
    return this.#current;
  }

  get version(): number {
    return this.#version;
  }

  /**
   * A copy of the current weights to be changed and committed; without `rewritten`, ascending sections in which the
   * caller writes every weight: a copy of them would be made in vain.
   */
  draft(rewritten: readonly Section[] = []): Float32Array {
    const draft = this.#free.pop() ?? this.#floats(this.#current.length);
    const keep = (from: number, to: number): void =>
      copyBytes(draft, this.#current.subarray(from, to), from * draft.BYTES_PER_ELEMENT);
    let kept = 0;
    for (const { offset, length } of rewritten) {
      keep(kept, offset);
      kept = offset + length;
    }
    keep(kept, draft.length);
    return draft;
  }

  /** Makes a draft the next version; constrained in place first. */
  commit(draft: Float32Array): void {
    const old = this.#current;
    this.#constrain?.(draft, old);
    void this.#released.then(() => this.#free.push(old));
    this.#current = draft;
    this.#released = Promise.resolve();
    this.#version++;
  }

  /** Sends the current version to those that `to` picks; resolves, never rejects, when they no longer need its buffer. */
  async publish(hub: Hub, to: (connection: Connection) => boolean): Promise<void> {
    const sent = hub.broadcast({ type: "weights", version: this.#version }, this.#current, to);
    this.#lend(sent);
    await Promise.allSettled([sent]);
  }

  /** Keeps the current buffer from being written to until `use` settles. */
  #lend(use: Promise<unknown>): void {
    this.#released = Promise.allSettled([this.#released, use]);
  }
}

/** SHA-256 hex over the little-endian bytes of all networks' flat weights. */
export function weightsHash(weights: Float32Array): string {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  return createHash("sha256").update(bytes).digest("hex");
}
