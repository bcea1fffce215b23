// The fixed binary tree over shard index by which gradients are summed, so that any set of workers gives the same bits.
//
// Over S shards, level k has the blocks [i·2^k, min((i+1)·2^k, S)). A block's sum is left + right in float32,
// or just left where right lies beyond S. S = 5:
//
//   ((g0 + g1) + (g2 + g3)) + g4
//
// A node may sum any block of this tree; the coordinator sums what is above.

/** Shards `first … first + shards - 1`. */
export interface Block {
  readonly first: number;
  readonly shards: number;
}

/** Whether `block` is a block of the tree over `total` shards. */
export function isAligned({ first, shards }: Block, total: number): boolean {
  if (!Number.isInteger(first) || !Number.isInteger(shards)) return false;
  if (first < 0 || shards < 1 || first + shards > total) return false;
  const width = widthOf(shards);
  return first % width === 0 && first + shards === Math.min(first + width, total);
}

/** The fewest tree blocks that tile shards [first, end), in order. */
export function alignedBlocks(first: number, end: number, total: number): Block[] {
  if (first < 0 || end > total || first > end) {
    throw new RangeError(`shards ${first} … ${end - 1} do not lie inside 0 … ${total - 1}`);
  }
  const blocks: Block[] = [];
  for (let start = first; start < end; start += blocks[blocks.length - 1].shards) {
    let width = 1;
    while (start % (2 * width) === 0 && start + width < total && Math.min(start + 2 * width, total) <= end) {
      width *= 2;
    }
    blocks.push({ first: start, shards: Math.min(start + width, total) - start });
  }
  return blocks;
}

/** A block whose sum is known; `vector` is [P] and ours until `release`. */
interface Summed extends Block {
  readonly vector: Float32Array;
  readonly release: () => void;
}

/**
 * Sums the blocks below one block of the tree as they arrive, in any order and any tiling, in the buffers they came in:
 * siblings merge as soon as both are there (left[i] += right[i]), so at most log2 S + 1 buffers wait when blocks come
 * in order. Allocates no vectors.
 */
export class TreeSum {
  readonly #total: number;
  readonly #block: Block;
  readonly #add: (into: Float32Array, from: Float32Array) => void;
  /** By first shard; disjoint, no two of them siblings. */
  readonly #sums = new Map<number, Summed>();
  #length: number | null = null;
  #taken = false;

  /**
   * Sums `block` of the tree over `total` shards, the whole tree by default; `add` adds a vector to another, by default
   * in a loop. RangeError if it is no block of it.
   */
  constructor(total: number, block: Block = { first: 0, shards: total }, add = addLoop) {
    if (!isAligned(block, total))
      throw new RangeError(`${nameOf(block)} are no block of the tree over ${total}`);
    this.#total = total;
    this.#block = block;
    this.#add = add;
  }

  /**
   * Adds the sum of one block. `vector` [P] is borrowed, and written into, until `release` is called: at once after it
   * was added to its left sibling, else with the result of `take`.
   *
   * @throws RangeError, with nothing changed and `vector` still the caller's, for a block that is not of this tree,
   *   overlaps one that is here, or has another length
   */
  add(block: Block, vector: Float32Array, release: () => void): void {
    this.#check(block, vector.length);
    this.#length = vector.length;
    let sum: Summed = { first: block.first, shards: block.shards, vector, release };
    for (let width = widthOf(sum.shards); !this.#isWhole(sum); width *= 2) {
      const isLeft = sum.first % (2 * width) === 0;
      if (isLeft && sum.first + width >= this.#total) continue; // nothing to the right: the parent is the same block
      const sibling = isLeft ? this.#find(sum.first + width, width) : this.#find(sum.first - width, width);
      if (!sibling) break;
      this.#sums.delete(sibling.first);
      sum = isLeft ? this.#merge(sum, sibling) : this.#merge(sibling, sum);
    }
    this.#sums.set(sum.first, sum);
  }

  /** Every shard of the block is in the sum. */
  get complete(): boolean {
    const first = this.#sums.get(this.#block.first);
    return first !== undefined && this.#isWhole(first);
  }

  /** The sum [P], once; it lies in the buffer of the first block, which `release` gives back. RangeError if not complete. */
  take(): { readonly vector: Float32Array; release(): void } {
    const sum = this.#sums.get(this.#block.first);
    if (this.#taken || !sum || !this.#isWhole(sum)) {
      throw new RangeError(`the sum of ${nameOf(this.#block)} is ${this.#taken ? "taken" : "not complete"}`);
    }
    this.#taken = true;
    return { vector: sum.vector, release: sum.release };
  }

  /** Gives back the buffers of a sum that nobody wants any more. */
  discard(): void {
    this.#taken = true;
    for (const { release } of this.#sums.values()) release();
    this.#sums.clear();
  }

  #merge(left: Summed, right: Summed): Summed {
    this.#add(left.vector, right.vector);
    right.release();
    return { ...left, shards: left.shards + right.shards };
  }

  #isWhole(block: Block): boolean {
    return block.first === this.#block.first && block.shards === this.#block.shards;
  }

  /** The complete block of this width at `first`, if it is here. */
  #find(first: number, width: number): Summed | undefined {
    const found = this.#sums.get(first);
    return found?.shards === Math.min(width, this.#total - first) ? found : undefined;
  }

  #check(block: Block, length: number): void {
    const inside =
      block.first >= this.#block.first && endOf(block) <= endOf(this.#block) && isAligned(block, this.#total);
    if (!inside) {
      throw new RangeError(
        `${nameOf(block)} are no block of the tree over ${this.#total} below ${nameOf(this.#block)}`,
      );
    }
    for (const sum of this.#sums.values()) {
      if (block.first < endOf(sum) && sum.first < endOf(block)) {
        throw new RangeError(`${nameOf(block)} overlap ${nameOf(sum)}, which are in the sum already`);
      }
    }
    if (this.#length !== null && length !== this.#length) {
      throw new RangeError(`${nameOf(block)} have ${length} values, the others ${this.#length}`);
    }
  }
}

function addLoop(into: Float32Array, from: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] += from[i];
}

/** The smallest power of two that is not below `shards`. */
function widthOf(shards: number): number {
  let width = 1;
  while (width < shards) width *= 2;
  return width;
}

function endOf(block: Block): number {
  return block.first + block.shards;
}

function nameOf(block: Block): string {
  return `shards ${block.first} … ${endOf(block) - 1}`;
}
