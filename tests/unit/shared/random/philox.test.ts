// Philox4x32-10 against the known answers published with Random123 (kat_vectors), and against exact arithmetic.
import { expect, test } from "vitest";
import { philox4x32 } from "../../../../shared/random/philox.ts";

test.each([
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
])("gives the published words for counter $counter under key $key", ({ counter, key, words }) => {
  const out = new Uint32Array(4);
  philox4x32(Uint32Array.from(counter), Uint32Array.from(key), out);
  expect([...out]).toEqual(words);
});

test("agrees with 64-bit integer arithmetic on 2,000 chained blocks", () => {
  const key = Uint32Array.of(0x12345678, 0x9abcdef0);
  const block = Uint32Array.of(1, 2, 3, 4);
  for (let i = 0; i < 2000; i++) {
    const wanted = exactPhilox(block, key);
    philox4x32(block, key, block);
    expect([...block]).toEqual(wanted);
  }
});

/** The paper's definition, word for word, in BigInt. */
function exactPhilox(counter: Uint32Array, key: Uint32Array): number[] {
  const mask = 0xffffffffn;
  let [x0, x1, x2, x3] = Array.from(counter, BigInt);
  let [k0, k1] = Array.from(key, BigInt);
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * x0, 0xcd9e8d57n * x2];
    [x0, x1, x2, x3] = [(p1 >> 32n) ^ x1 ^ k0, p1 & mask, (p0 >> 32n) ^ x3 ^ k1, p0 & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [x0, x1, x2, x3].map(Number);
}
