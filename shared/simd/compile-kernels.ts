// Kernels become a WebAssembly module: two elements at a time in a 128-bit vector of doubles, the last few one by one.
//
// Each instruction is the IEEE operation that JavaScript's loop over the same formula has, in the same order: the bits are
// the same. What is faster is the width, and that no element is checked against bounds.
import type { BinaryKind, Formula, Kernel } from "./formula.ts";
import * as wasm from "./wasm-module.ts";

/** Elements that a turn of the loop takes: two pairs, so that there is less counting. */
const TURN = 4;
const FLOAT_BYTES = 4;

/** How a formula is computed: of two elements at once, or of one. */
interface Arithmetic {
  /** Of a local that holds a value. */
  readonly type: number;
  /** From an address on the stack, and `offset` bytes. */
  readonly load: (offset: number) => wasm.Code;
  /** To an address below the value on the stack. */
  readonly store: (offset: number) => wasm.Code;
  readonly binary: Readonly<Record<BinaryKind, wasm.Code>>;
  readonly root: wasm.Code;
}

const PAIRS: Arithmetic = {
  type: wasm.V128,
  load: (offset) => [wasm.simd(93, 2, offset), wasm.simd(95)], // v128.load64_zero, f64x2.promote_low_f32x4
  store: (offset) => [wasm.simd(94), wasm.simd(91, 2, offset, 0)], // f32x4.demote_f64x2_zero, v128.store64_lane
  binary: {
    sum: wasm.simd(240),
    difference: wasm.simd(241),
    product: wasm.simd(242),
    quotient: wasm.simd(243),
    least: wasm.simd(244),
    greatest: wasm.simd(245),
  },
  root: wasm.simd(239),
};

const SINGLE: Arithmetic = {
  type: wasm.F64,
  load: (offset) => [0x2a, 2, offset, 0xbb], // f32.load, f64.promote_f32
  store: (offset) => [0xb6, 0x38, 2, offset], // f32.demote_f64, f32.store
  binary: { sum: 0xa0, difference: 0xa1, product: 0xa2, quotient: 0xa3, least: 0xa4, greatest: 0xa5 },
  root: 0x9f,
};

/**
 * A function of each kernel by its name: of the count of elements, the byte address of each vector's first, then the numbers
 * in double; it returns the sum, where the kernel has one. The memory is shared, and grows to `mostPages` of 64 KiB.
 */
export function compileKernels(
  kernels: Readonly<Record<string, Kernel>>,
  mostPages: number,
): Uint8Array<ArrayBuffer> {
  return wasm.encodeModule(
    Object.entries(kernels).map(([name, kernel]) => functionOf(name, kernel)),
    mostPages,
  );
}

function functionOf(name: string, kernel: Kernel): wasm.FunctionCode {
  const { vectors, numbers, sum } = kernel;
  const parameters = [wasm.I32, ...vectors.map(() => wasm.I32), ...numbers.map(() => wasm.F64)];
  const locals = new Locals(parameters.length);
  const count = 0;
  const addresses = new Map(vectors.map((vector, i) => [vector, 1 + i]));
  const singles = new Map(numbers.map((number, i) => [number, 1 + vectors.length + i]));
  const pairs = new Map(numbers.map((number) => [number, locals.add(wasm.V128)]));
  const sums = sum ? [locals.add(wasm.V128), locals.add(wasm.V128)] : [];
  const total = sum ? locals.add(wasm.F64) : 0;

  const onward = (elements: number): wasm.Code => [
    [...addresses.values()].map((address) => [
      wasm.get(address),
      wasm.i32(elements * FLOAT_BYTES),
      wasm.I32_ADD,
      wasm.set(address),
    ]),
    [wasm.get(count), wasm.i32(elements), wasm.I32_SUBTRACT, wasm.set(count)],
  ];
  const two = new Element(PAIRS, { addresses, numbers: pairs, locals });
  const one = new Element(SINGLE, { addresses, numbers: singles, locals });
  const splats = numbers.map((number) => [
    wasm.get(singles.get(number)!),
    wasm.simd(20), // f64x2.splat
    wasm.set(pairs.get(number)!),
  ]);
  const lane = (local: number, index: number): wasm.Code => [wasm.get(local), wasm.simd(33, index)]; // f64x2.extract_lane
  const body = [
    splats,
    wasm.repeatWhile(count, TURN, [two.code(kernel, 0, sums[0]), two.code(kernel, 8, sums[1]), onward(TURN)]),
    sum ? [lane(sums[0], 0), wasm.set(total)] : [],
    wasm.repeatWhile(count, 1, [one.code(kernel, 0, total), onward(1)]),
    sum
      ? [
          [wasm.get(total), lane(sums[0], 1), SINGLE.binary.sum],
          [lane(sums[1], 0), lane(sums[1], 1), SINGLE.binary.sum],
          SINGLE.binary.sum,
        ]
      : [],
  ];
  return { name, parameters, results: sum ? [wasm.F64] : [], locals: locals.types, body };
}

/** Locals of a function, after its parameters. */
class Locals {
  readonly types: number[] = [];
  readonly #first: number;

  constructor(first: number) {
    this.#first = first;
  }

  add(type: number): number {
    return this.#first + this.types.push(type) - 1;
  }
}

interface Places {
  /** Locals with the address of each vector's next element. */
  readonly addresses: ReadonlyMap<string, number>;
  /** Locals with each number. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly locals: Locals;
}

/** The code for the next element, or the next two. */
class Element {
  readonly #arithmetic: Arithmetic;
  readonly #places: Places;
  /** Where what was computed lies; the locals serve every element anew. */
  readonly #values = new Map<Formula | string, number>();

  constructor(arithmetic: Arithmetic, places: Places) {
    this.#arithmetic = arithmetic;
    this.#places = places;
  }

  /** All writes, and the sum into its local, of what lies `offset` bytes after the addresses. */
  code({ writes, sum }: Kernel, offset: number, total: number): wasm.Code {
    const known = new Set<number>();
    const { store, binary } = this.#arithmetic;
    const results = Object.entries(writes).map(([vector, formula]) => ({ vector, formula }));
    return [
      ...results.map(({ formula }) => this.#compute(formula, offset, known)),
      ...results.map(({ vector, formula }) => [
        wasm.get(this.#addressOf(vector)),
        wasm.get(this.#placeOf(formula)),
        store(offset),
      ]),
      sum
        ? [
            this.#compute(sum, offset, known),
            [wasm.get(total), wasm.get(this.#placeOf(sum)), binary.sum, wasm.set(total)],
          ]
        : [],
    ];
  }

  /** Puts the formula's value into its place, unless it is there. */
  #compute(formula: Formula, offset: number, known: Set<number>): wasm.Code {
    const place = this.#placeOf(formula);
    if (formula.kind === "number" || known.has(place)) return [];
    const { load, binary, root } = this.#arithmetic;
    const valueOf = (part: Formula): wasm.Code => wasm.get(this.#placeOf(part));
    const code = ((): wasm.Code => {
      switch (formula.kind) {
        case "element":
          return [wasm.get(this.#addressOf(formula.vector)), load(offset)];
        case "root":
          return [this.#compute(formula.of, offset, known), valueOf(formula.of), root];
        case "sum":
        case "difference":
        case "product":
        case "quotient":
        case "least":
        case "greatest": {
          const { left, right } = formula;
          const parts = [this.#compute(left, offset, known), this.#compute(right, offset, known)];
          return [parts, valueOf(left), valueOf(right), binary[formula.kind]];
        }
        default:
          return formula satisfies never;
      }
    })();
    known.add(place);
    return [code, wasm.set(place)];
  }

  #placeOf(formula: Formula): number {
    const { numbers, locals } = this.#places;
    if (formula.kind === "number") return numbers.get(formula.name)!;
    const key = formula.kind === "element" ? formula.vector : formula;
    const place = this.#values.get(key) ?? locals.add(this.#arithmetic.type);
    this.#values.set(key, place);
    return place;
  }

  #addressOf(vector: string): number {
    return this.#places.addresses.get(vector)!;
  }
}
