// The innermost loop of all metrics as WebAssembly with vectors of two float64: about five times as fast as JavaScript.
import { isMissing } from "../../../shared/simd/web-assembly.ts";

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

/** What is used of it: the compiler's library describes WebAssembly only together with browsers. */
declare const WebAssembly: {
  readonly Memory: new (descriptor: { readonly initial: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly host: { readonly memory: KernelMemory } },
  ) => { readonly exports: { readonly products: ProductKernel } };
};

interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

const PAGE_BYTES = 65_536;

/** WebAssembly's codes (core specification, 5.4) for what the kernel uses. */
const I32 = 0x7f;
const V128 = 0x7b;
const EMPTY = 0x40;
const LOOP = 0x03;
const END = 0x0b;
const BRANCH_IF = 0x0d;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const I32_CONST = 0x41;
const I32_LESS_UNSIGNED = 0x49;
const I32_ADD = 0x6a;
const F64_ADD = 0xa0;
const F64_STORE = 0x39;
const LOAD_VECTOR = [0xfd, 0x00, 3, 0]; // alignment 2^3, offset 0
const EXTRACT_LANE = [0xfd, 0x21];
const MULTIPLY_VECTORS = [0xfd, 0xf2, 0x01];
const ADD_VECTORS = [0xfd, 0xf0, 0x01];

const PARAMETERS = 6;
const [A, B, STRIDE, LENGTH, OUT, OUT_STRIDE] = [0, 1, 2, 3, 4, 5];

interface OpenedKernel {
  readonly memory: ArrayBuffer;
  readonly kernel: ProductKernel;
}

/** A kernel, and the memory of at least `bytes` that it works in; in plain JavaScript where there is no WebAssembly. */
export function openKernel(bytes: number): OpenedKernel {
  if (!("WebAssembly" in globalThis)) return plainKernel(bytes);
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { host: { memory } });
    return { memory: memory.buffer, kernel: instance.exports.products };
  } catch (error) {
    if (isMissing(error)) return plainKernel(bytes);
    throw error;
  }
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

function moduleBytes(): Uint8Array {
  const body = kernelBody();
  const signature = [0x60, ...vector(Array.from({ length: PARAMETERS }, () => [I32])), 0];
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0, // magic, version 1
    ...section(1, vector([signature])),
    ...section(2, vector([[...name("host"), ...name("memory"), 2, 0, 1]])), // a memory of at least one page
    ...section(3, vector([[0]])), // one function, of signature 0
    ...section(7, vector([[...name("products"), 0, 0]])),
    ...section(10, vector([[...number(body.length), ...body]])),
  ]);
}

/**
 * for (end = a + length; a < end; a += 16, b += 16)
 *   sum[i][j] += a[i · stride] · b[j · stride]             two lanes: even and odd elements
 * out[i · outStride + 8 j] = lane 0 + lane 1
 */
function kernelBody(): readonly number[] {
  let locals = PARAMETERS;
  const local = (): number => locals++;
  const a = [A, ...Array.from({ length: BLOCK - 1 }, local)];
  const b = [B, ...Array.from({ length: BLOCK - 1 }, local)];
  const end = local();
  const integers = locals - PARAMETERS;
  const left = local();
  const right = Array.from({ length: BLOCK }, local);
  const sums = Array.from({ length: BLOCK * BLOCK }, local);
  const vectors = locals - PARAMETERS - integers;

  const code = [...number(2), ...number(integers), I32, ...number(vectors), V128];
  for (const rows of [a, b])
    for (let i = 1; i < BLOCK; i++) code.push(...get(rows[i - 1]), ...get(STRIDE), I32_ADD, ...set(rows[i]));
  code.push(...get(A), ...get(LENGTH), I32_ADD, ...set(end), LOOP, EMPTY);
  for (let j = 0; j < BLOCK; j++) code.push(...get(b[j]), ...LOAD_VECTOR, ...set(right[j]));
  for (let i = 0; i < BLOCK; i++) {
    code.push(...get(a[i]), ...LOAD_VECTOR, ...set(left));
    for (let j = 0; j < BLOCK; j++) {
      const sum = sums[i * BLOCK + j];
      code.push(
        ...get(sum),
        ...get(left),
        ...get(right[j]),
        ...MULTIPLY_VECTORS,
        ...ADD_VECTORS,
        ...set(sum),
      );
    }
  }
  for (const row of [...a, ...b]) code.push(...get(row), I32_CONST, 16, I32_ADD, ...set(row));
  code.push(...get(A), ...get(end), I32_LESS_UNSIGNED, BRANCH_IF, 0, END);
  for (let i = 0; i < BLOCK; i++) {
    for (let j = 0; j < BLOCK; j++) {
      const lane = (n: number): number[] => [...get(sums[i * BLOCK + j]), ...EXTRACT_LANE, n];
      code.push(...get(OUT), ...lane(0), ...lane(1), F64_ADD, F64_STORE, 3, 8 * j);
    }
    code.push(...get(OUT), ...get(OUT_STRIDE), I32_ADD, ...set(OUT));
  }
  return [...code, END];
}

function get(local: number): number[] {
  return [LOCAL_GET, ...number(local)];
}

function set(local: number): number[] {
  return [LOCAL_SET, ...number(local)];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...number(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...number(items.length), ...items.flat()];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** Unsigned LEB128. */
function number(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
