// Reads the lines of stats.jsonl as they come: whole lines only, and a file that was replaced is noticed.
import { type FileHandle, stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { openRegularFile } from "../../../shared/regular-file.ts";
import type { StatsPart } from "./segment.ts";

const CHUNK_BYTES = 256 << 10;
/** What goes on for so long without a newline is no line of stats. */
const MOST_LINE_BYTES = 8 << 20;
const NEWLINE = 0x0a;

export class StatsReader {
  readonly #path: string;
  #handle: FileHandle | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Looks at the file again: its size, and whether it is another one than before. A missing file is an empty one. While
   * the old one is open, no new one can have its inode.
   *
   * @throws the system's error, or that it is no regular file
   */
  async look(): Promise<{ readonly size: number; readonly isAnother: boolean }> {
    const found = await stat(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    const open = await this.#handle?.stat();
    const isAnother = found?.ino !== open?.ino || found?.dev !== open?.dev;
    if (isAnother) {
      await this.close();
      if (found) this.#handle = await openRegularFile(this.#path);
    }
    const size = (await this.#handle?.stat())?.size ?? 0;
    return { size, isAnother };
  }

  /** Whole lines from `offset` on, as bytes with their newlines; null where there is none yet. */
  async lines(offset: number): Promise<Buffer | null> {
    for (let length = CHUNK_BYTES; ; length *= 4) {
      const bytes = await this.#read(offset, length);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      if (end > 0) return bytes.subarray(0, end);
      if (bytes.length < length) return null; // the last line is being written
      if (length >= MOST_LINE_BYTES) return bytes;
    }
  }

  /** Whether these lines are still what they were. */
  async has({ from, to, crc }: StatsPart): Promise<boolean> {
    let sum = 0;
    for (let at = from; at < to;) {
      const bytes = await this.#read(at, Math.min(CHUNK_BYTES * 4, to - at));
      if (bytes.length === 0) return false;
      sum = crc32(bytes, sum);
      at += bytes.length;
    }
    return sum === crc;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }

  async #read(offset: number, length: number): Promise<Buffer> {
    if (!this.#handle) return Buffer.alloc(0);
    const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }
}
