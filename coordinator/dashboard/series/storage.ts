// Where a run's segments are written: into its folder, or where that may not be, into a file of this process alone.
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Segment, SegmentFile } from "./segment-file.ts";

export interface StorageOptions {
  /** `series.bin` of the run. */
  readonly file: string;
  /** Asked before each writing: not while another process trains the run. */
  readonly mayWrite: () => Promise<boolean>;
}

export class Storage {
  readonly #options: StorageOptions;
  #main: SegmentFile | null = null;
  #isWritable = false;
  #scratch: SegmentFile | null = null;

  constructor(options: StorageOptions) {
    this.#options = options;
  }

  /** What is there already; nothing where it cannot be read, which is no reason to fail: it is made again. */
  async open(): Promise<Segment[]> {
    this.#main = await SegmentFile.open(this.#options.file, "read").catch(() => null);
    return (await this.#main?.segments()) ?? [];
  }

  /**
   * Appends a segment after `last`: in the run's folder where `last` is the end of that file too, else in the scratch file.
   *
   * @throws the system's error when neither can be written
   */
  async append(parts: readonly Buffer[], last: Segment | undefined): Promise<Segment> {
    const isInMain = last === undefined || last.file === this.#main;
    if (isInMain && (await this.#options.mayWrite())) {
      try {
        return await (await this.#writable(last)).append(parts);
      } catch {
        return await (await this.#openScratch()).append(parts); // a full or read-only disk
      }
    }
    return await (await this.#openScratch()).append(parts);
  }

  async close(): Promise<void> {
    await this.#main?.close();
    await this.#scratch?.close();
    this.#main = this.#scratch = null;
  }

  /** The run's own file, which goes on after `last`. */
  async #writable(last: Segment | undefined): Promise<SegmentFile> {
    const main = (this.#main ??= await SegmentFile.open(this.#options.file, "write"));
    if (!this.#isWritable) await main.makeWritable(this.#options.file);
    this.#isWritable = true;
    main.cutAfter(last);
    return main;
  }

  /** Without a name, so that the system removes it with this process. */
  async #openScratch(): Promise<SegmentFile> {
    if (!this.#scratch) {
      const path = join(tmpdir(), `ganglion-series-${randomUUID()}`);
      this.#scratch = await SegmentFile.open(path, "write");
      await rm(path);
    }
    return this.#scratch;
  }
}
