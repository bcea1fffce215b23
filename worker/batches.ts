// Fills a program's inputs from a data set.
import type { Dataset } from "../shared/data/dataset.ts";

/** Pixels of samples `id(0) … id(count - 1)` as float32 in [-1, 1]: target [count, H, W, C]. */
export function fillSamples(
  target: Float32Array,
  dataset: Dataset,
  id: (i: number) => number,
  count: number,
): void {
  const [height, width, channels] = dataset.imageShape;
  const size = height * width * channels;
  const { images } = dataset;
  for (let i = 0; i < count; i++) {
    const from = id(i) * size;
    const to = i * size;
    for (let j = 0; j < size; j++) target[to + j] = images[from + j] / 127.5 - 1;
  }
}

/**
 * Labels as one-hot rows: target [count, classes]. `classOf` has the run's classes, which are those of its train split
 * whatever the data set; a label that is none of them becomes a row of zeros.
 */
export function fillLabels(
  target: Float32Array,
  { labels }: Pick<Dataset, "labels">,
  classOf: ReadonlyMap<number, number>,
  id: (i: number) => number,
  count: number,
): void {
  const classes = classOf.size;
  target.fill(0, 0, count * classes);
  for (let i = 0; i < count; i++) {
    const found = classOf.get(labels![id(i)]);
    if (found !== undefined) target[i * classes + found] = 1;
  }
}
