// Many blocks at once are the blocks one by one.
import { describe, expect, test } from "vitest";
import { MOST_WORDS, openBlocks, plainBlocks } from "../../../../shared/random/philox-blocks.ts";
import { philox4x32 } from "../../../../shared/random/philox.ts";

const KEY = Uint32Array.of(0xdeadbeef, 0x80000001);

test("the kernel is compiled: it writes into shared memory", () => {
  expect(openBlocks().words.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(plainBlocks().words.buffer).toBeInstanceOf(ArrayBuffer);
});

describe.each([
  ["the kernel", openBlocks],
  ["plain JavaScript", plainBlocks],
])("%s", (_, open) => {
  test.each([
    [0, 0, 1],
    [5, 7, 300],
    [2 ** 32 - 2, 0, 4], // the first word of the counter goes over
    [2 ** 32 - 1, 2 ** 32 - 1, 2],
  ])("writes the blocks from (%i, %i) on, %i of them, and nothing around them", (low, high, count) => {
    const { words, write } = open();
    words.fill(7);
    write(low, high, KEY, count, 3);
    expect([...words.subarray(0, 3), words[3 + 4 * count]]).toEqual([7, 7, 7, 7]);
    const counter = Uint32Array.of(low, high, 0, 0);
    for (let block = 0; block < count; block++) {
      const expected = new Uint32Array(4);
      philox4x32(counter, KEY, expected);
      expect(words.slice(3 + 4 * block, 7 + 4 * block)).toEqual(expected);
      counter[0]++;
      if (counter[0] === 0) counter[1]++;
    }
  });

  test("has room for its most words behind three others", () => {
    const { words, write } = open();
    write(0, 0, KEY, MOST_WORDS / 4, 3);
    expect(words).toHaveLength(MOST_WORDS + 3);
    expect(words.at(-1)).not.toBe(0);
  });
});
