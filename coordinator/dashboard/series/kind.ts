// What kind of number a series has, by its name in stats.jsonl.

export const SERIES_KINDS = [
  "loss",
  "score",
  "penalty",
  "metric",
  "schedule",
  "gradientNorm",
  "layerGradientNorm",
  "evaluation",
  "floor",
  "progress",
] as const;
export type SeriesKind = (typeof SERIES_KINDS)[number];

const BY_PREFIX: Readonly<Record<string, SeriesKind>> = {
  loss: "loss",
  score: "score",
  logit: "score",
  penalty: "penalty",
  rate: "schedule",
  beta1: "schedule",
  beta2: "schedule",
  config: "schedule",
  gradientNorm: "gradientNorm",
  layerGradientNorm: "layerGradientNorm",
  evaluation: "evaluation",
  floor: "floor",
};

const PROGRESS: ReadonlySet<string> = new Set([
  "version",
  "images",
  "epoch",
  "seconds",
  "imagesPerSecond",
  "remainingSeconds",
]);

/** What a module reports by a name of its own is a metric. */
export function kindOfSeries(name: string): SeriesKind {
  if (PROGRESS.has(name)) return "progress";
  const prefix = name.slice(0, Math.max(0, name.indexOf("/")));
  return Object.hasOwn(BY_PREFIX, prefix) ? BY_PREFIX[prefix] : "metric";
}
