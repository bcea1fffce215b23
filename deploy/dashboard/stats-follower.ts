// The newest lines of stats.jsonl, and then those that are added.
import { type StatsLine, statsLineOf } from "../../coordinator/records/stats/stats-line.ts";
import { openRegularFile } from "../../shared/regular-file.ts";

/** So much of the end is read at first; the dashboard has the rest as series. */
const FIRST_BYTES = 1 << 20;
const MOST_BYTES = 8 << 20;

export class StatsFollower {
  readonly #file: string;
  #offset: number | null = null;
  #step = 0;
  #damaged = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** Of the newest line. */
  get step(): number {
    return this.#step;
  }

  /** Lines that are no stats. */
  get damaged(): number {
    return this.#damaged;
  }

  /**
   * The lines since the last call. A file that has become shorter is that of a resumed run: the lines from its end follow.
   *
   * @throws the system's error when it cannot be read
   */
  async lines(): Promise<StatsLine[]> {
    const handle = await openRegularFile(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (!handle) return [];
    try {
      const { size } = await handle.stat();
      const isFresh = this.#offset === null || this.#offset > size;
      const start = isFresh ? Math.max(0, size - FIRST_BYTES) : Math.max(this.#offset!, size - MOST_BYTES);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
      const bytes = buffer.subarray(0, bytesRead);
      const isCut = start > 0 && start !== this.#offset; // then the first line lacks its begin
      const first = isCut ? bytes.indexOf("\n") + 1 : 0;
      const end = bytes.lastIndexOf("\n") + 1;
      this.#offset = start + end;
      return this.#parsed(bytes.toString("utf8", first, Math.max(first, end)));
    } finally {
      await handle.close();
    }
  }

  #parsed(text: string): StatsLine[] {
    const lines: StatsLine[] = [];
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const values = valuesOf(line);
      if (values) {
        lines.push(values);
        this.#step = values["step"];
      } else this.#damaged++;
    }
    return lines;
  }
}

function valuesOf(line: string): StatsLine | null {
  try {
    return statsLineOf(JSON.parse(line));
  } catch {
    return null; // it is counted
  }
}
