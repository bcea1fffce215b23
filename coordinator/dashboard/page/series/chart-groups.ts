// Which series make a chart together, and what the chart and its lines are called.

export interface ChartLine {
  readonly series: string;
  readonly label: string;
}

export interface ChartGroup {
  readonly key: string;
  readonly title: string;
  /** What its numbers are, where the title does not say it. */
  readonly note?: string;
  readonly isLog: boolean;
  /** Whether smoothing makes sense: not where each number stands for itself. */
  readonly isNoisy: boolean;
  readonly lines: readonly ChartLine[];
}

/** Known charts, in the order in which they are shown; others follow, by name. */
const KNOWN: readonly (Omit<ChartGroup, "lines" | "isLog" | "isNoisy"> & Partial<ChartGroup>)[] = [
  { key: "loss", title: "Losses" },
  { key: "score", title: "D(real) and D(fake)", note: "means, 0 to 1" },
  { key: "logit", title: "D(real) and D(fake)", note: "means" },
  { key: "gradientNorm", title: "Gradient norms", note: "before clipping", isLog: true },
  { key: "evaluation/fid", title: "FID", note: "smaller is better", isNoisy: false },
  { key: "evaluation/kid", title: "KID", note: "smaller is better", isNoisy: false },
  { key: "evaluation/precision", title: "Precision and recall", note: "larger is better", isNoisy: false },
  { key: "penalty", title: "Penalties" },
  { key: "rate", title: "Learning rates", isNoisy: false },
  { key: "imagesPerSecond", title: "Images a second", isNoisy: false },
];

/** Two metrics of one scale are one chart. */
const TOGETHER: Readonly<Record<string, string>> = { "evaluation/recall": "evaluation/precision" };
/** Layers are many: a chart of them would show nothing. */
const UNCHARTED = ["layerGradientNorm/", "floor/"];
/** Numbers of a step or an evaluation that make no curve worth a chart. */
const FACTS: ReadonlySet<string> = new Set([
  "version",
  "images",
  "epoch",
  "seconds",
  "remainingSeconds",
  "evaluation/images",
  "evaluation/seed",
]);

export function groupsOf(names: readonly string[]): readonly ChartGroup[] {
  const lines = new Map<string, ChartLine[]>();
  for (const series of names) {
    if (UNCHARTED.some((prefix) => series.startsWith(prefix)) || FACTS.has(series)) continue;
    const key = keyOf(series);
    lines.set(key, [...(lines.get(key) ?? []), { series, label: labelOf(series) }]);
  }
  const order = (key: string): number => {
    const at = KNOWN.findIndex((known) => known.key === key);
    return at < 0 ? KNOWN.length : at;
  };
  return [...lines]
    .map(([key, own]) => groupOf(key, own))
    .sort((a, b) => order(a.key) - order(b.key) || a.title.localeCompare(b.title, "en"));
}

function groupOf(key: string, lines: ChartLine[]): ChartGroup {
  const known = KNOWN.find((one) => one.key === key);
  const title = key.replace(/^config\//, "").replace(/^evaluation\/(.+)$/, "$1 (evaluation)");
  lines.sort((a, b) => rankOf(a.label) - rankOf(b.label));
  return { key, title, isLog: false, isNoisy: !/^(config|evaluation|beta\d)/.test(key), ...known, lines };
}

/** The discriminator is named first, in whatever order names come. */
function rankOf(label: string): number {
  return ["discriminator", "generator", "D(real)", "D(fake)"].indexOf(label);
}

/** A metric's name up to the slash is the chart, what follows is the line; some have a chart of their own. */
function keyOf(series: string): string {
  if (series.startsWith("evaluation/") || series.startsWith("config/")) return TOGETHER[series] ?? series;
  const slash = series.indexOf("/");
  return slash < 0 ? series : series.slice(0, slash);
}

function labelOf(series: string): string {
  if (series === "score/real" || series === "logit/real") return "D(real)";
  if (series === "score/fake" || series === "logit/fake") return "D(fake)";
  if (series === "imagesPerSecond") return "images/s";
  return series.slice(series.indexOf("/") + 1);
}
