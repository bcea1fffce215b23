// The series of a run: kept from stats.jsonl as it grows, so that any range of a million steps is there at once.
import { crc32 } from "node:zlib";
import { messageOf } from "../../../shared/errors.ts";
import { statsLineOf } from "../../records/stats/stats-line.ts";
import type { Buckets } from "./buckets.ts";
import { Pace } from "./pace.ts";
import { type Range, Damaged, SegmentQuery } from "./query.ts";
import type { Segment } from "./segment-file.ts";
import { encodeSegment } from "./segment.ts";
import { StatsReader } from "./stats-reader.ts";
import { Storage } from "./storage.ts";
import { Tail } from "./tail.ts";

export interface RunSeriesOptions {
  readonly statsFile: string;
  /** Derived from the stats, and made again where it is missing, short, damaged or of another version. */
  readonly seriesFile: string;
  /** Whether `seriesFile` may be written now: by one process at a time. */
  readonly mayWrite: () => Promise<boolean>;
  /** After each 4 ms of reading it pauses so long; 0 where nothing else is to be done. */
  readonly pauseMs: number;
  /** Lines of a segment, for tests: the same for all who read the file. */
  readonly segmentLines?: number;
}

export interface SeriesFacts {
  readonly name: string;
  /** Values that it has. */
  readonly count: number;
  readonly firstStep: number;
  readonly lastStep: number;
}

/** How far the file has been read. */
export interface ReadingState {
  /** 0 … 1, of the bytes of stats.jsonl. */
  readonly read: number;
  /** Lines that are no stats. */
  readonly damagedLines: number;
  /** Why the series end before the stats do; null where they do not. */
  readonly problem: string | null;
}

/** So often what was damaged on disk is made again before it is given up. */
const MOST_REPAIRS = 3;

/** Never fails a run: what cannot be read or written is told in `state`. Reading begins with the first `refresh`. */
export class RunSeries {
  readonly #options: RunSeriesOptions;
  readonly #reader: StatsReader;
  readonly #storage: Storage;
  readonly #query = new SegmentQuery();
  #segments: Segment[] | null = null;
  #tail: Tail;
  #tailFrom = 0;
  #tailCrc = 0;
  /** Everything before this byte of the stats is in the segments or in the tail. */
  #offset = 0;
  #size = 0;
  #damagedLines = 0;
  #problem: string | null = null;
  #reading: Promise<void> | null = null;
  /** What is read after that: it may have passed the end before the newest lines came. */
  #next: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: RunSeriesOptions) {
    this.#options = options;
    this.#tail = new Tail(options.segmentLines);
    this.#reader = new StatsReader(options.statsFile);
    this.#storage = new Storage({ file: options.seriesFile, mayWrite: options.mayWrite });
  }

  /** Resolves when all lines that were there at the call have been read, or cannot be; never rejects. */
  refresh(): Promise<void> {
    if (this.#reading) return (this.#next ??= this.#reading.then(() => this.refresh()));
    this.#next = null;
    return (this.#reading = this.#read().finally(() => (this.#reading = null)));
  }

  get state(): ReadingState {
    return {
      read: this.#size > 0 ? Math.min(1, this.#offset / this.#size) : 1,
      damagedLines: this.#damagedLines,
      problem: this.#problem,
    };
  }

  /** In the order in which they began. */
  facts(): SeriesFacts[] {
    const facts = new Map<string, SeriesFacts>();
    const add = (name: string, count: number, first: number, last: number): void => {
      const earlier = facts.get(name);
      const firstStep = Math.min(earlier?.firstStep ?? first, first);
      facts.set(name, { name, count: (earlier?.count ?? 0) + count, firstStep, lastStep: last });
    };
    for (const { columns } of this.#segments ?? [])
      for (const [name, { count, first, last }] of columns) add(name, count, first, last);
    for (const name of this.#tail.names) {
      const { steps } = this.#tail.column(name)!;
      add(name, steps.length, steps[0], steps[steps.length - 1]);
    }
    return [...facts.values()];
  }

  /**
   * At most `points` buckets of each series over the steps of a range; none for a series that it does not have.
   *
   * @throws Error when segments cannot be read, however often they are made again
   */
  async data(names: readonly string[], range: Range, points: number): Promise<Buckets[]> {
    for (let repairs = 0; ; repairs++) {
      try {
        const [segments, tail] = [this.#segments ?? [], this.#tail];
        return await Promise.all(
          names.map((name) => this.#query.buckets({ segments, tail, name, range, points })),
        );
      } catch (error) {
        if (!(error instanceof Damaged) || repairs === MOST_REPAIRS) throw error;
        await this.#reading;
        const place = this.#segments?.indexOf(error.segment) ?? -1;
        if (place >= 0) this.#keep(place);
        await this.refresh();
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading;
    await this.#reader.close();
    await this.#storage.close();
  }

  async #read(): Promise<void> {
    try {
      this.#segments ??= await this.#storage.open();
      const { size, isAnother } = await this.#reader.look();
      this.#size = size;
      if (isAnother || size < this.#offset) await this.#reconcile();
      this.#problem = null;
      await this.#readOn();
    } catch (error) {
      this.#problem = messageOf(error);
    }
  }

  /** Keeps the segments that are still those of the file, and goes on after them. */
  async #reconcile(): Promise<void> {
    const segments = this.#segments!;
    let kept = segments.length;
    if (kept > 0 && !(await this.#reader.has(segments[0].stats))) kept = 0;
    while (kept > 1 && !(await this.#reader.has(segments[kept - 1].stats))) kept--;
    this.#keep(kept);
  }

  #keep(count: number): void {
    this.#segments = this.#segments!.slice(0, count);
    this.#startTail(this.#segments.at(-1)?.stats.to ?? 0);
    this.#offset = this.#tailFrom;
  }

  #startTail(from: number): void {
    this.#tail = new Tail(this.#options.segmentLines);
    this.#tailFrom = from;
    this.#tailCrc = 0;
  }

  async #readOn(): Promise<void> {
    const pace = new Pace(this.#options.pauseMs);
    for (;;) {
      const bytes = await this.#reader.lines(this.#offset);
      if (!bytes) return;
      for (let start = 0; start < bytes.length;) {
        const newline = bytes.indexOf(0x0a, start);
        const end = newline < 0 ? bytes.length : newline + 1;
        this.#take(bytes.subarray(start, end));
        start = end;
        if (this.#tail.isFull) await this.#seal(pace);
        await pace.breathe();
        if (this.#isClosed) return;
      }
    }
  }

  #take(line: Buffer): void {
    const values = parsed(line);
    if (values) this.#tail.push(values);
    else this.#damagedLines++;
    this.#offset += line.length;
    this.#tailCrc = crc32(line, this.#tailCrc);
  }

  /** The tail becomes a segment. */
  async #seal(pace: Pace): Promise<void> {
    const segments = this.#segments!;
    const stats = { from: this.#tailFrom, to: this.#offset, crc: this.#tailCrc, lines: this.#tail.lines };
    const parts = await encodeSegment(this.#tail, stats, () => pace.breathe());
    const segment = await this.#storage.append(parts, segments.at(-1));
    this.#segments = [...segments, segment];
    this.#startTail(stats.to);
  }
}

function parsed(line: Buffer): ReturnType<typeof statsLineOf> {
  try {
    return statsLineOf(JSON.parse(line.toString("utf8")));
  } catch {
    return null; // it is counted
  }
}
