// Many Philox blocks at once, as WebAssembly: JavaScript has no product of 64 bits, and takes five times as long.
import {
  type Code,
  END,
  I32,
  I32_ADD,
  I32_IS_ZERO,
  I32_SUBTRACT,
  I64,
  encodeModule,
  get,
  i32,
  repeatWhile,
  set,
  signed,
} from "../simd/wasm-module.ts";
import { type Wasm, isMissing, webAssembly } from "../simd/web-assembly.ts";
import { M0, M1, ROUNDS, W0, W1, philox4x32 } from "./philox.ts";

/** Most words of one call. */
export const MOST_WORDS = 8192;

const PAGES = 1;
const XOR = 0x73;

/**
 * Writes the words of the blocks (low, high, 0, 0), (low + 1, …), … under `key` into `words`, from word `at` on; the counter
 * carries from its first word to its second.
 */
export interface Blocks {
  /** [MOST_WORDS + 3], what the next call writes into. */
  readonly words: Uint32Array;
  readonly write: (low: number, high: number, key: Uint32Array, count: number, at: number) => void;
}

/** As kernel; in plain JavaScript where this Node, or the system, has nothing for it. */
export function openBlocks(): Blocks {
  const wasm = webAssembly();
  if (!wasm) return plainBlocks();
  try {
    return kernelBlocks(wasm);
  } catch (error) {
    if (isMissing(error)) return plainBlocks();
    throw error;
  }
}

function kernelBlocks(wasm: Wasm): Blocks {
  const memory = new wasm.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const module = new wasm.Module(encodeModule([blocksFunction()], PAGES));
  const { exports } = new wasm.Instance(module, { kernels: { memory } });
  return {
    words: new Uint32Array(memory.buffer, 0, MOST_WORDS + 3),
    write: (low, high, key, count, at) =>
      void exports["blocks"](low, high, key[0], key[1], count, at * Uint32Array.BYTES_PER_ELEMENT),
  };
}

export function plainBlocks(): Blocks {
  const words = new Uint32Array(MOST_WORDS + 3);
  return {
    words,
    write(low, high, key, count, at) {
      const counter = Uint32Array.of(low, high, 0, 0);
      for (let block = 0; block < count; block++) {
        philox4x32(counter, key, words.subarray(at + 4 * block, at + 4 * block + 4));
        counter[0]++;
        if (counter[0] === 0) counter[1]++;
      }
    },
  };
}

/** Of (low, high, key 0, key 1, count of blocks, address). */
function blocksFunction(): Parameters<typeof encodeModule>[0][number] {
  const [low, high, key0, key1, count, address] = [0, 1, 2, 3, 4, 5];
  const [x0, x1, x2, x3, k0, k1] = [6, 7, 8, 9, 10, 11];
  const [product0, product1] = [12, 13];
  const move = (from: number, to: number): Code => [get(from), set(to)];
  const productOf = (word: number, factor: number, to: number): Code => [
    [get(word), 0xad], // i64.extend_i32_u
    [0x42, signed(factor)],
    [0x7e, set(to)], // i64.mul
  ];
  const highOf = (product: number): Code => [get(product), [0x42, 32], 0x88, 0xa7]; // i64.shr_u, i32.wrap_i64
  const lowOf = (product: number): Code => [get(product), 0xa7];
  const next = (key: number, by: number): Code => [get(key), [0x41, signed(by | 0)], I32_ADD, set(key)];
  const round: Code = [
    [productOf(x0, M0, product0), productOf(x2, M1, product1)],
    [highOf(product1), get(x1), XOR, get(k0), XOR, set(x0)],
    [lowOf(product1), set(x1)],
    [highOf(product0), get(x3), XOR, get(k1), XOR, set(x2)],
    [lowOf(product0), set(x3)],
    [next(k0, W0), next(k1, W1)],
  ];
  const store = (word: number, offset: number): Code => [get(address), get(word), [0x36, 2, offset]]; // i32.store
  const body = repeatWhile(count, 1, [
    [move(low, x0), move(high, x1), i32(0), set(x2), i32(0), set(x3), move(key0, k0), move(key1, k1)],
    Array.from({ length: ROUNDS }, () => round),
    [store(x0, 0), store(x1, 4), store(x2, 8), store(x3, 12)],
    [get(address), i32(16), I32_ADD, set(address)],
    [get(low), i32(1), I32_ADD, set(low)],
    [get(low), I32_IS_ZERO, [0x04, 0x40], get(high), i32(1), I32_ADD, set(high), END], // if
    [get(count), i32(1), I32_SUBTRACT, set(count)],
  ]);
  return {
    name: "blocks",
    parameters: [I32, I32, I32, I32, I32, I32],
    results: [],
    locals: [I32, I32, I32, I32, I32, I32, I64, I64],
    body,
  };
}
