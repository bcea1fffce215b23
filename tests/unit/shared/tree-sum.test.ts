// The sum tree: the same bits for every order and tiling, and buffers given back as soon as they can be.
import { describe, expect, test } from "vitest";
import { alignedBlocks, isAligned, TreeSum, type Block } from "../../../shared/tree-sum.ts";

const LENGTH = 5;

describe("alignedBlocks", () => {
  test("tiles with the fewest blocks of the tree", () => {
    // S = 8: [1,7) = 1 | 2,3 | 4,5 | 6
    expect(alignedBlocks(1, 7, 8)).toEqual([block(1, 1), block(2, 2), block(4, 2), block(6, 1)]);
    expect(alignedBlocks(0, 8, 8)).toEqual([block(0, 8)]);
    // S = 7: [4,7) is the whole right half, which is cut off at S; [4,6) is not more than a pair
    expect(alignedBlocks(4, 7, 7)).toEqual([block(4, 3)]);
    expect(alignedBlocks(4, 6, 7)).toEqual([block(4, 2)]);
    expect(alignedBlocks(3, 5, 5)).toEqual([block(3, 1), block(4, 1)]);
    expect(alignedBlocks(3, 3, 5)).toEqual([]);
    expect(() => alignedBlocks(3, 6, 5)).toThrow(RangeError);
  });

  test("no tiling is smaller, and every block is one of the tree", () => {
    for (let total = 1; total <= 9; total++) {
      for (let first = 0; first < total; first++) {
        for (let end = first + 1; end <= total; end++) {
          const blocks = alignedBlocks(first, end, total);
          expect(blocks.every((each) => isAligned(each, total))).toBe(true);
          expect(blocks.reduce((at, each) => (each.first === at ? at + each.shards : NaN), first)).toBe(end);
          expect(blocks.length).toBe(fewestBlocks(first, end, total));
        }
      }
    }
  });
});

test("isAligned knows the blocks of the tree over 6", () => {
  const found: string[] = [];
  for (let first = 0; first <= 6; first++) {
    for (let shards = 0; shards <= 7; shards++) {
      if (isAligned(block(first, shards), 6)) found.push(`${first}+${shards}`);
    }
  }
  // level 0: single shards; level 1: 01 23 45; level 2: 0123 and 45 again; level 3: all
  expect(found).toEqual(["0+1", "0+2", "0+4", "0+6", "1+1", "2+1", "2+2", "3+1", "4+1", "4+2", "5+1"]);
  expect(isAligned(block(-2, 2), 6)).toBe(false);
  expect(isAligned(block(0.5, 1), 6)).toBe(false);
});

describe("TreeSum", () => {
  test("adds in pairs, not one after the other", () => {
    // float32 has no 2^24 + 1: one after the other would stay at 16777216; (2^24 + 1) + (1 + 1) = 16777218
    const sum = new TreeSum(4);
    for (const [first, value] of [16777216, 1, 1, 1].entries()) {
      sum.add(block(first, 1), Float32Array.of(value), () => undefined);
    }
    expect(sum.take().vector).toEqual(Float32Array.of(16777218));
  });

  test("any order and any tiling give the bits of the recursive formula, for 1 to 9 shards", () => {
    const random = randomOf(1);
    for (let total = 1; total <= 9; total++) {
      const gradients = gradientsOf(total, random);
      const expected = bitsOf(definition(gradients));
      for (let trial = 0; trial < 60; trial++) {
        const tiles = shuffle(tilingOf(0, total, random), random);
        const sum = new TreeSum(total);
        for (const tile of tiles) sum.add(tile, presum(gradients, tile, random), () => undefined);
        expect(sum.complete).toBe(true);
        expect(bitsOf(sum.take().vector), `${total} shards as ${JSON.stringify(tiles)}`).toEqual(expected);
      }
    }
  });

  test("gives each buffer back once: right siblings at once, the result's with the result", () => {
    const released: number[] = [];
    const sum = new TreeSum(3);
    const add = (first: number) =>
      sum.add(block(first, 1), Float32Array.of(first + 1), () => released.push(first));
    add(1);
    expect(released).toEqual([]);
    add(0); // 0 and 1 merge
    expect(released).toEqual([1]);
    expect(sum.complete).toBe(false);
    expect(() => sum.take()).toThrow(/not complete/);
    add(2);
    expect(released).toEqual([1, 2]);
    const taken = sum.take();
    expect(taken.vector).toEqual(Float32Array.of(6)); // (1 + 2) + 3
    taken.release();
    expect(released).toEqual([1, 2, 0]);
    expect(() => sum.take()).toThrow(/taken/);
  });

  test("refuses overlap, what is no block, and another length, and changes nothing", () => {
    const sum = new TreeSum(5);
    const fail = () => expect.unreachable("released");
    sum.add(block(0, 2), Float32Array.of(1), fail);
    sum.add(block(2, 1), Float32Array.of(2), () => undefined);
    expect(() => sum.add(block(1, 1), Float32Array.of(9), fail)).toThrow(/overlap/);
    expect(() => sum.add(block(0, 4), Float32Array.of(9), fail)).toThrow(/overlap/);
    expect(() => sum.add(block(3, 2), Float32Array.of(9), fail)).toThrow(/no block/);
    expect(() => sum.add(block(5, 1), Float32Array.of(9), fail)).toThrow(/no block/);
    expect(() => sum.add(block(3, 1), Float32Array.of(9, 9), fail)).toThrow(/2 values, the others 1/);
    sum.add(block(4, 1), Float32Array.of(4), () => undefined);
    sum.add(block(3, 1), Float32Array.of(3), () => undefined);
    expect(() => sum.add(block(3, 1), Float32Array.of(3), fail)).toThrow(RangeError);
    expect(sum.take().vector).toEqual(Float32Array.of(10)); // ((1) + (2 + 3)) + 4
  });

  test("a node's block sum refuses shards outside its block", () => {
    const sum = new TreeSum(6, block(4, 2));
    expect(() => sum.add(block(3, 1), Float32Array.of(1), () => undefined)).toThrow(/no block/);
    sum.add(block(5, 1), Float32Array.of(2), () => undefined);
    sum.add(block(4, 1), Float32Array.of(1), () => undefined);
    expect(sum.take().vector).toEqual(Float32Array.of(3));
    expect(() => new TreeSum(6, block(2, 4))).toThrow(/no block/);
  });
});

function block(first: number, shards: number): Block {
  return { first, shards };
}

/** Directly from the definition: level k from level k - 1, nothing shared with the code under test. */
function definition(gradients: readonly Float32Array[]): Float32Array {
  let level: readonly Float32Array[] = gradients;
  while (level.length > 1) {
    const next: Float32Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      next.push(right ? Float32Array.from(level[i], (value, p) => Math.fround(value + right[p])) : level[i]);
    }
    level = next;
  }
  return level[0];
}

/** A random tiling of [first, end) by blocks of the tree over `end` shards below the block [first, end). */
function tilingOf(first: number, end: number, random: () => number): Block[] {
  const shards = end - first;
  if (shards === 1 || random() < 0.3) return [block(first, shards)];
  let half = 1;
  while (half * 2 < shards) half *= 2;
  return [...tilingOf(first, first + half, random), ...tilingOf(first + half, end, random)];
}

/** What a node does: sums the shards of its block in random order. */
function presum(gradients: readonly Float32Array[], tile: Block, random: () => number): Float32Array {
  const sum = new TreeSum(gradients.length, tile);
  const shards = Array.from({ length: tile.shards }, (_, i) => tile.first + i);
  for (const shard of shuffle(shards, random)) {
    const lost = Float32Array.from(gradients[shard]);
    sum.add(block(shard, 1), lost, () => lost.fill(NaN)); // whoever reads a released buffer gets NaN
  }
  return sum.take().vector;
}

/** By trying every tiling. */
function fewestBlocks(first: number, end: number, total: number): number {
  if (first === end) return 0;
  let fewest = Infinity;
  for (let next = first + 1; next <= end; next++) {
    if (isAligned(block(first, next - first), total)) {
      fewest = Math.min(fewest, 1 + fewestBlocks(next, end, total));
    }
  }
  return fewest;
}

test("a sum that is discarded gives back every buffer, and is nothing to take", () => {
  const sum = new TreeSum(5);
  const released: number[] = [];
  for (const first of [0, 1, 3, 4]) {
    sum.add({ first, shards: 1 }, new Float32Array(LENGTH), () => void released.push(first));
  }
  expect(released).toEqual([1]); // merged into its sibling
  sum.discard();
  expect(released.toSorted((a, b) => a - b)).toEqual([0, 1, 3, 4]);
  expect(() => sum.take()).toThrow(RangeError);
});

/** Values of very different size and sign, so that another order of addition gives other bits. */
function gradientsOf(total: number, random: () => number): Float32Array[] {
  return Array.from({ length: total }, () =>
    Float32Array.from({ length: LENGTH }, () => (random() - 0.5) * 10 ** (8 * random())),
  );
}

function bitsOf(vector: Float32Array): number[] {
  return [...new Uint32Array(vector.buffer, vector.byteOffset, vector.length)];
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** A small seeded generator (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
