// tfjs's random ops while networks are built: the same numbers, several times as fast. Initial weights are millions of them.
import type * as tf from "@tensorflow/tfjs-core";
import { Alea } from "./alea.ts";
import { core } from "../../trace/random-ops.ts";

/** Uniform numbers that are drawn ahead. */
const AHEAD = 4096;

/** Runs `fn`, which must be synchronous, with quick `tf.randomNormal`, `tf.truncatedNormal` and `tf.randomUniform`. */
export function withQuickRandomOps<T>(fn: () => T): T {
  const target = core as unknown as Record<string, unknown>;
  const originals = Object.entries(quickOps(core)).map(([name, op]) => {
    const original = target[name];
    target[name] = op;
    return [name, original] as const;
  });
  try {
    return fn();
  } finally {
    for (const [name, original] of originals) target[name] = original;
  }
}

type Shape = readonly number[];
type Filling = (out: Float32Array, seed: number | string) => void;

function quickOps({ randomNormal, truncatedNormal, randomUniform }: typeof tf): Record<string, unknown> {
  const made = (shape: Shape, seed: number | string, fill: Filling): tf.Tensor => {
    const values = new Float32Array(core.util.sizeFromShape([...shape]));
    fill(values, seed);
    return core.tensor(values, [...shape], "float32");
  };
  const isUsual = (shape: unknown, dtype: unknown): shape is Shape =>
    Array.isArray(shape) &&
    shape.every((size) => Number.isInteger(size) && size >= 0) &&
    (dtype === undefined || dtype === null || dtype === "float32");
  const gaussian =
    (original: typeof randomNormal, isTruncated: boolean) =>
    (shape: never, mean = 0, deviation = 1, dtype?: "float32", seed?: number): tf.Tensor =>
      isUsual(shape, dtype)
        ? made(shape, seed || Math.random(), (out, own) =>
            fillNormal(out, own, { mean, deviation, isTruncated }),
          )
        : original(shape, mean, deviation, dtype, seed);
  return {
    randomNormal: gaussian(randomNormal, false),
    truncatedNormal: gaussian(truncatedNormal, true),
    randomUniform: (shape: never, least = 0, most = 1, dtype?: tf.DataType, seed?: number | string) =>
      isUsual(shape, dtype)
        ? made(shape, seed ?? Math.random(), (out, own) => fillUniform(out, own, least, most - least))
        : randomUniform(shape, least, most, dtype as "float32", seed),
  };
}

function fillUniform(out: Float32Array, seed: number | string, least: number, range: number): void {
  const numbers = new Alea(String(seed));
  const uniform = new Float64Array(AHEAD);
  for (let first = 0; first < out.length; first += AHEAD) {
    const count = Math.min(AHEAD, out.length - first);
    numbers.fill(uniform);
    for (let i = 0; i < count; i++) out[first + i] = least + range * uniform[i];
  }
}

interface Normal {
  readonly mean: number;
  readonly deviation: number;
  /** What lies outside of two deviations is left out. */
  readonly isTruncated: boolean;
}

/** The polar method (Marsaglia and Bray 1964), in the order of tfjs's MPRandGauss. */
function fillNormal(
  out: Float32Array,
  seed: number | string,
  { mean, deviation, isTruncated }: Normal,
): void {
  const numbers = new Alea(String(seed));
  const uniform = new Float64Array(AHEAD);
  const most = isTruncated ? mean + deviation * 2 : Number.POSITIVE_INFINITY;
  const least = isTruncated ? mean - deviation * 2 : Number.NEGATIVE_INFINITY;
  const { length } = out;
  let used = AHEAD;
  for (let i = 0; i < length;) {
    if (used === AHEAD) {
      numbers.fill(uniform);
      used = 0;
    }
    const x = 2 * uniform[used] - 1;
    const y = 2 * uniform[used + 1] - 1;
    used += 2;
    const square = x * x + y * y;
    if (square >= 1 || square === 0) continue;
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    const first = mean + deviation * x * factor;
    if (isTruncated && !(first <= most && first >= least)) continue;
    out[i++] = first;
    const second = mean + deviation * y * factor;
    if (i < length && (!isTruncated || (second <= most && second >= least))) out[i++] = second;
  }
}
