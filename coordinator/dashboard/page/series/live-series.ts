// Series as the socket brings them, by name. Older points are merged in pairs where there are too many: no minimum and
// no maximum is lost, and memory stays bounded.
import type { NumberedEvent } from "../../events.ts";
import { type Buckets, extreme, firstAt, type GrowingBuckets, NO_BUCKETS } from "./buckets.ts";

/** Points that are kept of a series. */
const MOST_POINTS = 8192;
/** Of a layer's: networks have many. */
const MOST_LAYER_POINTS = 2048;

interface Growing extends GrowingBuckets {
  /** From this step on every point is as it came. */
  exactFrom: number;
}

export class LiveSeries {
  readonly #series = new Map<string, Growing>();

  /** In the order of their first values. */
  get names(): string[] {
    return [...this.#series.keys()];
  }

  of(name: string): Buckets {
    return this.#series.get(name) ?? NO_BUCKETS;
  }

  /** From this step on every point that came is as it came. */
  exactFrom(name: string): number {
    return this.#series.get(name)?.exactFrom ?? Infinity;
  }

  clear(): void {
    this.#series.clear();
  }

  hear(event: NumberedEvent): void {
    if (event.type === "evaluation") return this.#addAll("evaluation/", event.step, event.metrics);
    if (event.type !== "step") return;
    const { step, metrics, gradientNorms, layerGradientNorms, imagesPerSecond } = event;
    this.#addAll("", step, metrics);
    this.#addAll("gradientNorm/", step, gradientNorms);
    this.#addAll("layerGradientNorm/", step, layerGradientNorms);
    this.#add("imagesPerSecond", step, imagesPerSecond);
  }

  #addAll(prefix: string, step: number, values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) this.#add(prefix + name, step, value);
  }

  #add(name: string, step: number, given: unknown): void {
    const value = typeof given === "number" && Number.isFinite(given) ? given : null; // JSON has no NaN
    let series = this.#series.get(name);
    if (!series)
      this.#series.set(name, (series = { steps: [], min: [], max: [], last: [], exactFrom: step }));
    const known = firstAt(series.steps, step);
    if (known < series.steps.length) cut(series, known); // goes on from an earlier checkpoint
    for (const column of [series.min, series.max, series.last]) column.push(value);
    series.steps.push(step);
    const most = name.startsWith("layerGradientNorm/") ? MOST_LAYER_POINTS : MOST_POINTS;
    if (series.steps.length > most) mergeOlder(series);
  }
}

function cut(series: Growing, length: number): void {
  for (const column of [series.steps, series.min, series.max, series.last]) column.length = length;
}

/** The older half in pairs. */
function mergeOlder(series: Growing): void {
  const { steps, min, max, last } = series;
  const merged = 2 * Math.floor(steps.length / 4);
  for (let i = 0; 2 * i < merged; i++) {
    steps[i] = steps[2 * i + 1];
    min[i] = extreme(min, 2 * i, 2 * i + 2, Math.min);
    max[i] = extreme(max, 2 * i, 2 * i + 2, Math.max);
    last[i] = last[2 * i + 1];
  }
  for (const column of [steps, min, max, last]) column.splice(merged / 2, merged / 2);
  series.exactFrom = steps[merged / 2];
}
