// Reads a range of a series from segments and tail, at the resolution that is asked for.
import { type Buckets, fold, foldBy, placeOfStep, singles, slice } from "./buckets.ts";
import type { Segment } from "./segment-file.ts";
import {
  type ColumnEntry,
  WIDTH,
  decodeSummary,
  decodeValues,
  summaryBytes,
  valuesBytes,
} from "./segment.ts";
import type { Column, Tail } from "./tail.ts";

/** Steps, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Query {
  /** In the order of stats.jsonl. */
  readonly segments: readonly Segment[];
  readonly tail: Tail;
  readonly name: string;
  readonly range: Range;
  readonly points: number;
}

/** What is on disk is not what was written there. */
export class Damaged extends Error {
  constructor(readonly segment: Segment) {
    super(`the segment of stats.jsonl from byte ${segment.stats.from} on is damaged in series.bin: delete series.bin`);
  }
} // prettier-ignore

/** The part of a segment that counts: a later line for the same step replaces an earlier one. */
interface Part {
  readonly segment: Segment;
  readonly entry: ColumnEntry;
  readonly range: Range;
}

/** Summaries that are kept in memory, in bytes. */
const CACHE_BYTES = 32 << 20;

export class SegmentQuery {
  /** Oldest use first. */
  readonly #cache = new Map<ColumnEntry, Buckets>();
  #cacheBytes = 0;

  /** @throws Damaged */
  async buckets({ segments, tail, name, range, points }: Query): Promise<Buckets> {
    const { to } = range;
    const column = tail.column(name);
    const newest = column && within(column, range);
    const parts: Part[] = [];
    let before = column ? Math.min(to, column.steps[0] - 1) : to;
    for (const segment of segments.toReversed()) {
      const entry = segment.columns.get(name);
      if (!entry || entry.first > before || entry.last < range.from) continue;
      parts.unshift({ segment, entry, range: { from: range.from, to: before } });
      before = Math.min(before, entry.first - 1);
    }
    const count = parts.reduce((sum, { entry }) => sum + entry.count, newest?.steps.length ?? 0);
    const isCoarse = count >= (WIDTH * points) / 2;
    const read = await Promise.all(parts.map((part) => this.#read(part, isCoarse)));
    return fold(newest ? [...read, newest] : read, points);
  }

  async #read({ segment, entry, range }: Part, isCoarse: boolean): Promise<Buckets> {
    const isWhole = entry.first >= range.from && entry.last <= range.to;
    if (isCoarse && isWhole) return await this.#summary(segment, entry);
    const bytes = await segment.file.read(segment.offset + entry.offset, valuesBytes(entry));
    const column = decodeValues(entry, bytes);
    if (!column) throw new Damaged(segment);
    const values = within(column, range);
    return isCoarse ? foldBy(WIDTH, values) : values;
  }

  async #summary(segment: Segment, entry: ColumnEntry): Promise<Buckets> {
    let summary = this.#cache.get(entry) ?? null;
    if (summary) this.#cache.delete(entry); // to the end
    else {
      const at = segment.offset + entry.offset + valuesBytes(entry);
      summary = decodeSummary(entry, await segment.file.read(at, summaryBytes(entry)));
      if (!summary) throw new Damaged(segment);
      if (!this.#cache.has(entry)) this.#cacheBytes += summaryBytes(entry);
    }
    this.#cache.set(entry, summary);
    for (const [oldest] of this.#cache) {
      if (this.#cacheBytes <= CACHE_BYTES) break;
      this.#cache.delete(oldest);
      this.#cacheBytes -= summaryBytes(oldest);
    }
    return summary;
  }
}

function within({ steps, values }: Column, { from, to }: Range): Buckets {
  return slice(singles(steps, values), placeOfStep(steps, from), placeOfStep(steps, to + 1));
}
