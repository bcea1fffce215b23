// Fills a program's inputs from a data set.
import type { Dataset } from "../shared/data/dataset.ts";
import { openImages } from "../shared/data/images.ts";

/** The images of a data set as a program takes them. */
export interface SampleReader {
  /**
   * Pixels of samples `id(0) … id(count - 1)` as float32 in [-1, 1]: target [count, H, W, C]. Sample N + i is image i
   * mirrored left to right.
   */
  fill(target: Float32Array, id: (i: number) => number, count: number): void;
}

/** Of each value of a byte. */
const PIXELS = Float32Array.from({ length: 256 }, (_, value) => value / 127.5 - 1);

/** Kept open as long as the thread lives. @throws GanglionError DATA when the data's file cannot be opened */
export function openSamples({ images, imageShape, count: imageCount }: Dataset): SampleReader {
  const [height, width, channels] = imageShape;
  const rowSize = width * channels;
  const size = height * rowSize;
  const reader = openImages(images, size);
  return {
    fill(target, id, count) {
      for (let i = 0; i < count; i++) {
        const sample = id(i);
        const to = i * size;
        if (sample < imageCount) {
          const image = reader.read(sample);
          for (let j = 0; j < size; j++) target[to + j] = PIXELS[image[j]];
          continue;
        }
        const image = reader.read(sample - imageCount);
        for (let row = 0; row < size; row += rowSize) {
          for (let x = 0; x < rowSize; x++) {
            const channel = x % channels;
            const mirrored = row + rowSize - channels - (x - channel) + channel;
            target[to + row + x] = PIXELS[image[mirrored]];
          }
        }
      }
    },
  };
}

/** The sample stream's labels: those of the images, and of their mirrored ones the same. */
function labelOf({ labels, count }: Pick<Dataset, "labels" | "count">, sample: number): number {
  return labels![sample % count];
}

/**
 * Labels as one-hot rows: target [count, classes]. `classOf` has the run's classes, which are those of its train split
 * whatever the data set; a label that is none of them becomes a row of zeros.
 */
export function fillLabels(
  target: Float32Array,
  dataset: Pick<Dataset, "labels" | "count">,
  classOf: ReadonlyMap<number, number>,
  id: (i: number) => number,
  count: number,
): void {
  const classes = classOf.size;
  target.fill(0, 0, count * classes);
  for (let i = 0; i < count; i++) {
    const found = classOf.get(labelOf(dataset, id(i)));
    if (found !== undefined) target[i * classes + found] = 1;
  }
}
