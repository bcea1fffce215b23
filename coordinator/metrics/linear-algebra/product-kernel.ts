// The innermost loop of all metrics as WebAssembly with vectors of two float64: about five times as fast as JavaScript.
import * as wasm from "../../../shared/simd/wasm-module.ts";
import { type Wasm, isMissing, webAssembly } from "../../../shared/simd/web-assembly.ts";

/** Rows of each side whose products one call makes: their sums and what is read just fit into 16 vector registers. */
export const BLOCK = 3;

/**
 * Writes the products of BLOCK rows from `a` with BLOCK rows from `b` to `out`. All arguments are byte addresses or byte
 * counts in the kernel's memory; `stride` leads from row to row on both sides; `length` is a multiple of 16, at least 16.
 */
export type ProductKernel = (
  a: number,
  b: number,
  stride: number,
  length: number,
  out: number,
  outStride: number,
) => void;

const PAGE_BYTES = 65_536;

/** Instructions (WebAssembly Core Specification, 5.4). */
const LOAD = wasm.simd(0, 3, 0); // v128.load, alignment 2^3, offset 0
const MULTIPLY = wasm.simd(242); // f64x2.mul
const ADD = wasm.simd(240); // f64x2.add
const F64_ADD = 0xa0;
const [LOOP, BRANCH_IF] = [[0x03, 0x40], [0x0d, 0]]; // prettier-ignore

const PARAMETERS = 6;
const [A, B, STRIDE, LENGTH, OUT, OUT_STRIDE] = [0, 1, 2, 3, 4, 5];

interface OpenedKernel {
  readonly memory: ArrayBufferLike;
  readonly kernel: ProductKernel;
}

/** A kernel, and the memory of at least `bytes` that it works in; in plain JavaScript where there is no WebAssembly. */
export function openKernel(bytes: number): OpenedKernel {
  const namespace = webAssembly();
  if (!namespace) return plainKernel(bytes);
  try {
    return compiledKernel(namespace, Math.ceil(bytes / PAGE_BYTES));
  } catch (error) {
    if (isMissing(error)) return plainKernel(bytes);
    throw error;
  }
}

function compiledKernel({ Memory, Module, Instance }: Wasm, pages: number): OpenedKernel {
  const memory = new Memory({ initial: pages, maximum: pages, shared: true });
  const { exports } = new Instance(new Module(wasm.encodeModule([productsFunction()], pages)), {
    kernels: { memory },
  });
  return { memory: memory.buffer, kernel: exports["products"] };
}

/** The same in plain JavaScript, with the same bits: even and odd elements are summed apart. */
export function plainKernel(bytes: number): OpenedKernel {
  const memory = new ArrayBuffer(Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES);
  const values = new Float64Array(memory);
  const size = Float64Array.BYTES_PER_ELEMENT;
  const kernel: ProductKernel = (a, b, stride, length, out, outStride) => {
    for (let i = 0; i < BLOCK; i++)
      for (let j = 0; j < BLOCK; j++) {
        const [left, right] = [(a + i * stride) / size, (b + j * stride) / size];
        let [even, odd] = [0, 0];
        for (let k = 0; k < length / size; k += 2) {
          even += values[left + k] * values[right + k];
          odd += values[left + k + 1] * values[right + k + 1];
        }
        values[(out + i * outStride) / size + j] = even + odd;
      }
  };
  return { memory, kernel };
}

/**
 * for (end = a + length; a < end; a += 16, b += 16)
 *   sum[i][j] += a[i · stride] · b[j · stride]             two lanes: even and odd elements
 * out[i · outStride + 8 j] = lane 0 + lane 1
 */
function productsFunction(): wasm.FunctionCode {
  const locals: number[] = [];
  const local = (type: number): number => PARAMETERS + locals.push(type) - 1;
  const several = (count: number, type: number): number[] => Array.from({ length: count }, () => local(type));
  const a = [A, ...several(BLOCK - 1, wasm.I32)];
  const b = [B, ...several(BLOCK - 1, wasm.I32)];
  const end = local(wasm.I32);
  const left = local(wasm.V128);
  const right = several(BLOCK, wasm.V128);
  const sums = a.map(() => several(BLOCK, wasm.V128));

  const { get, set } = wasm;
  const loaded = (address: number, to: number): wasm.Code => [get(address), LOAD, set(to)];
  const rowsFrom = (rows: readonly number[]): wasm.Code =>
    rows.slice(1).map((row, i) => [get(rows[i]), get(STRIDE), wasm.I32_ADD, set(row)]);
  const lane = (sum: number, index: number): wasm.Code => [get(sum), wasm.simd(33, index)]; // f64x2.extract_lane
  const multiplied = a.map((row, i) => [
    loaded(row, left),
    right.map((other, j) => [get(sums[i][j]), get(left), get(other), MULTIPLY, ADD, set(sums[i][j])]),
  ]);
  const written = sums.map((row) => [
    row.map((sum, j) => [get(OUT), lane(sum, 0), lane(sum, 1), F64_ADD, 0x39, 3, 8 * j]), // f64.store
    [get(OUT), get(OUT_STRIDE), wasm.I32_ADD, set(OUT)],
  ]);
  const body = [
    [rowsFrom(a), rowsFrom(b)],
    [get(A), get(LENGTH), wasm.I32_ADD, set(end)],
    LOOP,
    b.map((row, j) => loaded(row, right[j])),
    multiplied,
    [...a, ...b].map((row) => [get(row), wasm.i32(16), wasm.I32_ADD, set(row)]),
    [get(A), get(end), wasm.I32_LESS, BRANCH_IF, wasm.END],
    written,
  ];
  const parameters = Array.from({ length: PARAMETERS }, () => wasm.I32);
  return { name: "products", parameters, results: [], locals, body };
}
