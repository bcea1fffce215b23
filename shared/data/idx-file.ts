// One IDX file, plain or gzipped, read into shared memory; its header is believed only as far as the bytes bear it out.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { GanglionError, messageOf } from "../errors.ts";

export interface IdxArray {
  readonly dims: readonly number[];
  /** The elements in row-major order, in a SharedArrayBuffer. */
  readonly data: Uint8Array;
}

/** IDX's code for unsigned bytes, the third byte of the magic number; the fourth is the number of dimensions. */
const UBYTE = 0x08;
/** Deflate never shrinks bytes more than this many times. */
const MAX_INFLATION = 1032;
const MAX_BYTES = 2 ** 32 - 1;

/**
 * Reads an IDX file of unsigned bytes with one of the given `ranks` (numbers of dimensions). The size of a plain
 * file must be what its header says; a gzipped one is inflated no further than that.
 *
 * Throws GanglionError DATA: not IDX, not unsigned bytes, another rank, no elements, dimensions beyond the file,
 * truncated, bytes left over, or unreadable.
 */
export async function readIdxFile(file: string, ranks: readonly number[]): Promise<IdxArray> {
  const zipped = file.endsWith(".gz");
  try {
    const { size } = await stat(file);
    const reader = new IdxReader(file, ranks, zipped ? size * MAX_INFLATION : size);
    for await (const piece of contentOf(file, zipped)) reader.take(piece);
    return reader.finish();
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    const remedy = zipped ? "is it a whole gzip file? copy it again" : "copy it again";
    throw new GanglionError("DATA", `${file} cannot be read (${messageOf(cause)}): ${remedy}`, { cause });
  }
}

/** The bytes of the file, inflated as they are taken: who stops taking stops the inflation. */
async function* contentOf(file: string, zipped: boolean): AsyncGenerator<Buffer, void> {
  const source = createReadStream(file);
  const content = zipped ? source.pipe(createGunzip()) : source;
  try {
    // `pipe` carries bytes, not errors.
    if (content !== source) source.once("error", (error) => content.destroy(error));
    for await (const piece of content) yield piece as Buffer;
  } finally {
    source.destroy();
    content.destroy();
  }
}

/** Takes the bytes of one file in pieces of any size; refuses at the first byte too many. */
class IdxReader {
  readonly #file: string;
  readonly #ranks: readonly number[];
  readonly #mostBytes: number;
  #head = Buffer.alloc(0);
  #array: IdxArray | null = null;
  #filled = 0;

  /** `mostBytes`: more content than this cannot be in the file. */
  constructor(file: string, ranks: readonly number[], mostBytes: number) {
    this.#file = file;
    this.#ranks = ranks;
    this.#mostBytes = mostBytes;
  }

  take(piece: Uint8Array): void {
    let content = piece;
    if (!this.#array) {
      this.#head = Buffer.concat([this.#head, piece]);
      const rank = this.#rank();
      if (rank === null || this.#head.length < 4 + 4 * rank) return;
      this.#array = this.#open(rank);
      content = this.#head.subarray(4 + 4 * rank);
    }
    const { data, dims } = this.#array;
    if (this.#filled + content.length > data.length) {
      this.#refuse(
        `goes on after its ${dims.join(" × ")} = ${data.length} bytes of content`,
        "it is no IDX file or damaged, copy it again",
      );
    }
    data.set(content, this.#filled);
    this.#filled += content.length;
  }

  finish(): IdxArray {
    if (!this.#array) {
      this.#refuse(
        `ends after ${this.#head.length} bytes, inside its header`,
        "it is truncated, copy it again",
      );
    }
    const { data, dims } = this.#array;
    if (this.#filled < data.length) {
      this.#refuse(
        `ends after ${this.#filled} of its ${dims.join(" × ")} = ${data.length} bytes of content`,
        "it is truncated, copy it again",
      );
    }
    return this.#array;
  }

  /** The number of dimensions from the magic number, or null before its four bytes are there. */
  #rank(): number | null {
    const head = this.#head;
    if (head.length < 4) return null;
    const magic = head.readUInt32BE(0);
    const wanted = this.#ranks.map((rank) => hex((UBYTE << 8) | rank)).join(" or ");
    if (head[0] !== 0 || head[1] !== 0 || head[2] !== UBYTE || !this.#ranks.includes(head[3])) {
      this.#refuse(
        `begins with ${hex(magic)} where ${wanted} must stand`,
        `give an IDX file of unsigned bytes whose number of dimensions is ${this.#ranks.join(" or ")}`,
      );
    }
    return head[3];
  }

  #open(rank: number): IdxArray {
    const dims = Array.from({ length: rank }, (_, i) => this.#head.readUInt32BE(4 + 4 * i));
    // Up to four factors below 2^32: the product may lose digits, but stays comparable.
    const bytes = dims.reduce((product, size) => product * size, 1);
    if (bytes === 0) this.#refuse(`is empty (dimensions ${dims.join(" × ")})`, "give one with images in it");
    if (bytes > MAX_BYTES || bytes > this.#mostBytes) {
      this.#refuse(
        `claims ${dims.join(" × ")} bytes, more than ${bytes > MAX_BYTES ? "4 GiB" : "the file can hold"}`,
        "it is damaged or truncated, copy it again",
      );
    }
    return { dims, data: new Uint8Array(new SharedArrayBuffer(bytes)) };
  }

  #refuse(what: string, remedy: string): never {
    throw new GanglionError("DATA", `${this.#file} ${what}: ${remedy}`);
  }
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, "0")}`;
}
