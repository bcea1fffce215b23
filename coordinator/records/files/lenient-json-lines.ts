// A file of JSON lines that a run can do without: lines that cannot be written are left out, and the file stays readable.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type GanglionError, messageOf } from "../../../shared/errors.ts";
import { GatheredWrites } from "./gathered-writes.ts";
import { truncateJsonLines } from "./json-lines.ts";

export interface LenientJsonLines {
  /** Appends one line, soon, or leaves it out. */
  write(value: object): void;
  /** Resolves when every line so far is durable (fsync), or left out. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface LenientOptions {
  readonly file: string;
  /** Lines for which it is false are dropped first. */
  readonly keep: (value: object) => boolean;
  /** Called with why lines are left out, once until lines are written again. */
  readonly failing: (cause: string) => void;
  /** Called with how many lines were dropped because they are no JSON objects. */
  readonly damaged: (lines: number) => void;
}

/**
 * Opens the file to append to it. Writing every line is tried, so that the file continues when the disk has room again; a
 * line that was written in part is cut off before the next. Never rejects because of what is in the file.
 */
export async function openLenientJsonLines(options: LenientOptions): Promise<LenientJsonLines> {
  const { file, keep, failing, damaged } = options;
  const lines = new Lenient(options);
  await lines.attempt(async () => {
    const handle = await openFile(file);
    await handle.close();
  });
  if (lines.fails) return lines;
  let dropped = 0;
  await truncateJsonLines(file, keep, () => dropped++).catch((error: unknown) => {
    const { cause } = error as GanglionError;
    if (!(cause instanceof Error && "code" in cause)) throw error;
    failing(`${messageOf(cause)}, so that lines stay in it that were to be dropped`);
  });
  if (dropped > 0) damaged(dropped);
  return lines;
}

class Lenient implements LenientJsonLines {
  readonly #options: LenientOptions;
  readonly #lines = new GatheredWrites((text) => this.#append(text));
  #handle: FileHandle | null = null;
  /** Whole lines end here; null until the file is open. */
  #size: number | null = null;
  #fails = false;

  constructor(options: LenientOptions) {
    this.#options = options;
  }

  get fails(): boolean {
    return this.#fails;
  }

  write(value: object): void {
    this.#lines.write(`${JSON.stringify(value)}\n`);
  }

  async flush(): Promise<void> {
    await this.#lines.flush();
    if (this.#handle) await this.attempt(() => this.#handle!.datasync());
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#release();
  }

  /** Never rejects. */
  async attempt(body: () => Promise<void>): Promise<void> {
    try {
      await body();
      this.#fails = false;
    } catch (error) {
      await this.#release();
      if (!this.#fails) this.#options.failing(messageOf(error));
      this.#fails = true;
    }
  }

  #append(text: string): Promise<void> {
    return this.attempt(async () => {
      this.#handle ??= await openFile(this.#options.file);
      if (this.#size === null) ({ size: this.#size } = await this.#handle.stat());
      else if (this.#fails) await this.#handle.truncate(this.#size);
      await this.#handle.appendFile(text);
      this.#size += Buffer.byteLength(text);
    });
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(() => undefined); // what it could not write is reported
  }
}

/** Refuses what is no file: a device has no end, and a FIFO that nobody reads would stop the run. */
async function openFile(file: string): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Error("it is no file");
}
