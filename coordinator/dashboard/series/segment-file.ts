// A file of segments, one after the other: read from the begin as far as it is whole, and appended to.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type ColumnEntry, type StatsPart, HEAD_BYTES, decodeDirectory, decodeHead } from "./segment.ts";

export interface Segment {
  readonly file: SegmentFile;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly stats: StatsPart;
  readonly columns: ReadonlyMap<string, ColumnEntry>;
}

/** A link would lead to files of others, and a pipe would keep a thread of Node waiting. */
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK;

export class SegmentFile {
  #handle: FileHandle;
  #end = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /**
   * Opens a regular file, to write to it too where `mode` says so; it is made if it is not there.
   *
   * @throws the system's error
   */
  static async open(path: string, mode: "read" | "write"): Promise<SegmentFile> {
    return new SegmentFile(await openSafely(path, mode));
  }

  /** Opens it once more, to write to it from now on. */
  async makeWritable(path: string): Promise<void> {
    const readable = this.#handle;
    this.#handle = await openSafely(path, "write");
    await readable.close();
  }

  /** The whole segments at its begin; what is damaged, or of another version, ends them. */
  async segments(): Promise<Segment[]> {
    const { size } = await this.#handle.stat();
    const segments: Segment[] = [];
    for (;;) {
      const headBytes = await this.read(this.#end, HEAD_BYTES);
      const head = decodeHead(headBytes);
      if (!head || this.#end + head.sizeBytes > size) return segments;
      const directory = await this.read(this.#end + HEAD_BYTES, head.directoryBytes);
      const columns = decodeDirectory(head, headBytes, directory);
      if (!columns || head.stats.from !== (segments.at(-1)?.stats.to ?? 0)) return segments;
      const { sizeBytes, stats } = head;
      segments.push({ file: this, offset: this.#end, sizeBytes, stats, columns });
      this.#end += sizeBytes;
    }
  }

  /**
   * Writes a segment after the last one, over whatever was there.
   *
   * @throws the system's error; then the file has no such segment
   */
  async append(parts: readonly Buffer[]): Promise<Segment> {
    const [headBytes, directory] = parts;
    const head = decodeHead(headBytes)!;
    const columns = decodeDirectory(head, headBytes, directory)!;
    const offset = this.#end;
    let at = offset;
    for (const part of parts) {
      for (let done = 0; done < part.length;) {
        const { bytesWritten } = await this.#handle.write(part, done, part.length - done, at);
        done += bytesWritten;
        at += bytesWritten;
      }
    }
    await this.#handle.truncate(at);
    this.#end = at;
    return { file: this, offset, sizeBytes: head.sizeBytes, stats: head.stats, columns };
  }

  /** Forgets what comes after `last`, or all: the next one is written in its place. */
  cutAfter(last: Segment | undefined): void {
    this.#end = last ? last.offset + last.sizeBytes : 0;
  }

  /** Fewer bytes where it ends. */
  async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, offset);
    return buffer.subarray(0, bytesRead);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function openSafely(path: string, mode: "read" | "write"): Promise<FileHandle> {
  const flags = mode === "read" ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT;
  const handle = await open(path, flags | SAFELY);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error(`${path} is no regular file`);
}
