// A run's data, with what the terminal says of loading them: progress, what was done to the images, what was left out.
import type { RunConfig } from "../../shared/config/config.ts";
import type { OnProgress } from "../../shared/data/format.ts";
import { type LoadedDataset, loadDataset } from "../../shared/data/load.ts";
import { describeClasses } from "../../shared/data/labels.ts";
import { count, duration } from "../terminal/format.ts";
import type { Display } from "../terminal/display.ts";

export interface RunData {
  readonly train: LoadedDataset;
  /** The test split, for runs that evaluate. */
  readonly test: LoadedDataset | null;
}

/** Images of more bytes than `memoryBytes` stay in their file. @throws GanglionError DATA */
export async function loadRunData(
  config: Pick<RunConfig, "data" | "images" | "task">,
  memoryBytes: number,
  display: Pick<Display, "say" | "note" | "progress">,
): Promise<RunData> {
  const { data, images } = config;
  const options = { images, memoryBytes, say: display.say, onProgress: loadingProgress(display) };
  try {
    const train = await loadDataset(data, "train", options);
    const test = config.task === "classifier" ? await loadDataset(data, "test", options) : null;
    if (train.classNames) display.note(describeClasses(train.classLabels, train.classNames));
    for (const note of new Set([...train.notes, ...(test?.notes ?? [])])) display.note(note);
    return { train, test };
  } finally {
    display.progress([]);
  }
}

/** What begins is shown after two seconds, and at most four times a second. */
const SILENT_MS = 2000;
const EVERY_MS = 250;

/** `decoding 12,000/60,000  2,310/s  21 s left` */
export function loadingProgress({ progress }: Pick<Display, "progress">): OnProgress {
  let doing = "";
  let begunAt = 0;
  let shownAt = 0;
  return (now, done, total) => {
    const time = performance.now();
    if (now !== doing) [doing, begunAt] = [now, time];
    if (time - begunAt < SILENT_MS || time - shownAt < EVERY_MS) return;
    shownAt = time;
    const perSecond = done / ((time - begunAt) / 1000);
    const of = `${doing} ${count(done)}/${count(total)}`;
    const speed = `${of}  ${count(Math.round(perSecond))}/s`;
    progress([`${speed}  ${duration((total - done) / perSecond)} left`, speed, of]);
  };
}
