// One IDX file, plain or gzipped, read into shared memory; its header is believed only as far as the bytes bear it out.
import { stat } from "node:fs/promises";
import { GanglionError, messageOf } from "../../errors.ts";
import { findSignature } from "../files/file-signature.ts";
import { countGzipLayers, inflatedContent } from "../files/gzip.ts";
import { sharedBytes } from "../shared-memory.ts";

export interface IdxArray {
  readonly type: ElementType;
  readonly dims: readonly number[];
  /** The elements in row-major order, big-endian, in a SharedArrayBuffer. */
  readonly data: Uint8Array;
}

/** IDX's types of whole numbers; all but `ubyte` are signed. */
export type ElementType = "ubyte" | "byte" | "short" | "int";

export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = { ubyte: 1, byte: 1, short: 2, int: 4 };

/** The third byte of the magic number; the fourth is the number of dimensions. */
const CODES: Readonly<Record<ElementType, number>> = { ubyte: 0x08, byte: 0x09, short: 0x0b, int: 0x0c };
/** Deflate never shrinks bytes more than this many times. */
const MAX_INFLATION = 1032;
const MAX_BYTES = 2 ** 32 - 1;

/**
 * Reads an IDX file with one of the given `ranks` (numbers of dimensions) and element types. Whether it is gzipped
 * is for its bytes to say, not for its name. The size of a plain file must be what its header says; a gzipped one is
 * inflated no further than that.
 *
 * @throws GanglionError DATA: not IDX, elements of another type, another rank, no elements, dimensions beyond the file,
 *   truncated, bytes left over, or unreadable
 */
export async function readIdxFile(
  file: string,
  ranks: readonly number[],
  types: readonly ElementType[] = ["ubyte"],
): Promise<IdxArray> {
  try {
    const { size } = await stat(file);
    const layers = await countGzipLayers(file);
    const reader = new IdxReader(file, { ranks, types }, size * MAX_INFLATION ** layers);
    for await (const piece of inflatedContent(file, layers)) reader.take(piece);
    return reader.finish();
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    const remedy = isOfZlib(cause) ? "is it a whole gzip file? copy it again" : "copy it again";
    throw new GanglionError("DATA", `${file} cannot be read (${messageOf(cause)}): ${remedy}`, { cause });
  }
}

/** zlib's own codes: `Z_DATA_ERROR` and the like. */
function isOfZlib(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_");
}

interface Wanted {
  readonly ranks: readonly number[];
  readonly types: readonly ElementType[];
}

/** Takes the bytes of one file in pieces of any size; refuses at the first byte too many. */
class IdxReader {
  readonly #file: string;
  readonly #wanted: Wanted;
  readonly #mostBytes: number;
  #head = Buffer.alloc(0);
  #array: IdxArray | null = null;
  #filled = 0;

  /** `mostBytes`: more content than this cannot be in the file. */
  constructor(file: string, wanted: Wanted, mostBytes: number) {
    this.#file = file;
    this.#wanted = wanted;
    this.#mostBytes = mostBytes;
  }

  take(piece: Uint8Array): void {
    let content = piece;
    if (!this.#array) {
      this.#head = Buffer.concat([this.#head, piece]);
      if (this.#head.length < 4) return;
      const { type, rank } = this.#kind();
      if (this.#head.length < 4 + 4 * rank) return;
      this.#array = this.#open(type, rank);
      content = this.#head.subarray(4 + 4 * rank);
    }
    const { data } = this.#array;
    if (this.#filled + content.length > data.length) {
      this.#refuse(
        `goes on after its ${sizeText(this.#array)} of content`,
        "it is no IDX file or damaged, copy it again",
      );
    }
    data.set(content, this.#filled);
    this.#filled += content.length;
  }

  finish(): IdxArray {
    if (!this.#array) {
      this.#refuseForeign(); // a file this short, too
      this.#refuse(
        `ends after ${this.#head.length} bytes, inside its header`,
        "it is truncated, copy it again",
      );
    }
    if (this.#filled < this.#array.data.length) {
      this.#refuse(
        `ends after ${this.#filled} of its ${sizeText(this.#array)} of content`,
        "it is truncated, copy it again",
      );
    }
    return this.#array;
  }

  /** What the magic number says. */
  #kind(): { readonly type: ElementType; readonly rank: number } {
    const [first, second, code, rank] = this.#head;
    const { types, ranks } = this.#wanted;
    const type = types.find((name) => CODES[name] === code);
    if (first === 0 && second === 0 && type !== undefined && ranks.includes(rank)) return { type, rank };
    this.#refuseForeign();
    const wanted = ranks.map((one) => hex((CODES.ubyte << 8) | one)).join(" or ");
    const numbers = types.length === 1 ? "unsigned bytes" : "whole numbers of at most 4 bytes";
    return this.#refuse(
      `begins with ${hex(this.#head.readUInt32BE(0))} where ${wanted} must stand`,
      `give an IDX file of ${numbers} whose number of dimensions is ${ranks.join(" or ")}`,
    );
  }

  #open(type: ElementType, rank: number): IdxArray {
    const dims = Array.from({ length: rank }, (_, i) => this.#head.readUInt32BE(4 + 4 * i));
    // Up to four factors below 2^32: the product may lose digits, but stays comparable.
    const bytes = dims.reduce((product, size) => product * size, ELEMENT_BYTES[type]);
    if (bytes === 0)
      this.#refuse(`is empty (dimensions ${dims.join(" × ")})`, "give one that holds something");
    if (bytes > MAX_BYTES || bytes > this.#mostBytes) {
      this.#refuse(
        `claims ${dimsText(type, dims)} bytes, more than ${bytes > MAX_BYTES ? "4 GiB" : "the file can hold"}`,
        "it is damaged or truncated, copy it again",
      );
    }
    return { type, dims, data: sharedBytes(bytes) };
  }

  /** What something else left under this name is called as what it is. */
  #refuseForeign(): void {
    const foreign = findSignature(this.#head);
    if (foreign) this.#refuse(`is no IDX file but ${foreign.what}`, foreign.remedy);
  }

  #refuse(what: string, remedy: string): never {
    throw new GanglionError("DATA", `${this.#file} ${what}: ${remedy}`);
  }
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, "0")}`;
}

/** `2 × 1 × 3 = 6 bytes` */
function sizeText({ type, dims, data }: IdxArray): string {
  return `${dimsText(type, dims)} = ${data.length} bytes`;
}

/** The factors of a size in bytes. */
function dimsText(type: ElementType, dims: readonly number[]): string {
  const width = ELEMENT_BYTES[type];
  return (width === 1 ? dims : [...dims, width]).join(" × ");
}
