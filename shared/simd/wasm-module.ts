// The bytes of a WebAssembly module: sections, instructions, numbers (WebAssembly Core Specification 2.0, chapter 5).

/** Bytes of the module, nested as is convenient. */
export type Code = number | readonly Code[];

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
export const V128 = 0x7b;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Signed LEB128, of a whole number. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = ((rest % 128) + 128) % 128;
    rest = (rest - low) / 128;
    const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number): Code => [0x21, unsigned(local)];
/** 0 … 63. */
export const i32 = (value: number): Code => [0x41, value];
export const I32_IS_ZERO = 0x45;
export const I32_LESS = 0x49;
export const I32_NOT_LESS = 0x4f;
export const I32_ADD = 0x6a;
export const I32_SUBTRACT = 0x6b;
export const END = 0x0b;

/** Instructions of 128-bit vectors have a prefix. */
export const simd = (instruction: number, ...immediates: number[]): Code => [
  0xfd,
  unsigned(instruction),
  immediates,
];

/** Runs `body` until `count` in the local is below `least`; it has to take so many off. */
export function repeatWhile(count: number, least: number, body: Code): Code {
  return [
    [0x02, 0x40], // block: left where there is nothing to do
    [get(count), i32(least), I32_LESS, 0x0d, 0],
    [0x03, 0x40], // loop
    body,
    [get(count), i32(least), I32_NOT_LESS, 0x0d, 0],
    [END, END],
  ];
}

export interface FunctionCode {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module that exports the functions, over the shared memory of at most `mostPages` that it imports as `kernels.memory`. */
export function encodeModule(functions: readonly FunctionCode[], mostPages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, results }) => [0x60, vector(parameters), vector(results)]);
  const memory = [text("kernels"), text("memory"), 0x02, 0x03, 0, unsigned(mostPages)];
  const exported = functions.map(({ name }, i) => [text(name), 0x00, unsigned(i)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = flat([vector(locals.map((type) => [1, type])), body, END]);
    return [unsigned(code.length), code];
  });
  const module = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, vector(types)),
    section(2, vector([memory])),
    section(3, vector(functions.map((_, i) => unsigned(i)))),
    section(7, vector(exported)),
    section(10, vector(bodies)),
  ];
  return Uint8Array.from(flat(module));
}

function section(id: number, content: Code): Code {
  const bytes = flat(content);
  return [id, unsigned(bytes.length), bytes];
}

function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

function text(value: string): Code {
  const bytes = [...new TextEncoder().encode(value)];
  return vector(bytes);
}

function flat(code: Code): number[] {
  return typeof code === "number" ? [code] : code.flatMap(flat);
}
