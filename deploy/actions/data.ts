// `ganglion data`: looks at a data set without training.
import { writeImageGrid } from "../../coordinator/records/sample-grid.ts";
import type { Dataset, Split } from "../../shared/data/dataset.ts";
import type { Fit } from "../../shared/data/image-choices.ts";
import { imageOptionsSchema } from "../../shared/data/image-options.ts";
import { openImages } from "../../shared/data/images.ts";
import { inspectDataset } from "../../shared/data/inspect.ts";
import { classByLabel } from "../../shared/data/labels.ts";
import { usualDataMemory } from "../../shared/data/memory-bound.ts";
import { describeInspection, inspectionAsJson } from "../terminal/describe-data.ts";
import { chooseDisplay, createDisplay } from "../terminal/display.ts";
import { sayJson, sayText } from "../terminal/output.ts";
import { loadingProgress } from "../run/load-data.ts";
import { GanglionError } from "../../shared/errors.ts";
import { checkPictureFile } from "../flags/picture-file.ts";

export interface DataFlags {
  readonly split: Split;
  readonly out?: string;
  readonly count: number;
  readonly json?: boolean;
  readonly imageSize?: readonly [number, number];
  readonly fit?: Fit;
  readonly background?: string;
  readonly channels?: 1 | 3 | 4;
  readonly flip?: boolean;
  readonly skipBad?: boolean;
}

/** @throws GanglionError DATA where there is nothing to look at, or no sheet can be drawn */
export async function describeData(source: string, flags: DataFlags): Promise<void> {
  const { split, out, json = false } = flags;
  if (out !== undefined) await checkPictureFile(out);
  const display = createDisplay(chooseDisplay({ json }));
  const { imageSize: size, fit, background, channels, flip, skipBad } = flags;
  const images = imageOptionsSchema.parse({ size, fit, background, channels, flip, skipBad });
  const inspection = await inspectDataset(source, split, {
    images,
    memoryBytes: usualDataMemory(),
    say: display.say,
    onProgress: loadingProgress(display),
  }).finally(() => display.progress([]));
  if (json) sayJson({ event: "data", path: source, split, ...inspectionAsJson(inspection, images) });
  else sayText(describeInspection(source, split, inspection, images));
  if (out === undefined) return;
  if (!inspection.dataset) throw new GanglionError("DATA", `no sheet can be drawn: ${inspection.refused}`);
  await writeSheet(inspection.dataset, out, flags.count);
  display.say(`samples in ${out}`);
}

/** With more classes than this the sheet would be a ribbon: then the samples are mixed. */
const MOST_COLUMNS = 32;

/** A column a class, or several where there are few; else evenly spaced samples of the whole set. */
async function writeSheet(dataset: Dataset, file: string, most: number): Promise<void> {
  const { classes, imageShape } = dataset;
  const byClass = classes > 1 && classes <= MOST_COLUMNS;
  const columns = byClass ? Math.max(1, Math.round(Math.sqrt(most) / classes)) : 1; // of each class
  const ids = byClass ? idsByClass(dataset, columns, most) : spread(dataset.count, most);
  const size = imageShape.reduce((product, length) => product * length, 1);
  const images = new Float32Array(ids.length * size);
  const reader = openImages(dataset.images, size);
  try {
    for (const [i, id] of ids.entries()) {
      const image = reader.read(id);
      for (let j = 0; j < size; j++) images[i * size + j] = image[j] / 127.5 - 1;
    }
  } finally {
    reader.close();
  }
  await writeImageGrid({ images, imageShape, file, ...(byClass && { columns: classes * columns }) });
}

/** As many of each class as fill whole rows and the smallest has, row by row. */
function idsByClass({ labels, classLabels, count }: Dataset, columns: number, most: number): number[] {
  const classOf = classByLabel(classLabels);
  const ids = classLabels.map((): number[] => []);
  for (let id = 0; id < count; id++) ids[classOf.get(labels![id])!].push(id);
  const wide = Math.min(columns, ...ids.map(({ length }) => length));
  const rows = Math.floor(most / (wide * ids.length));
  const tall = Math.max(1, Math.min(rows, ...ids.map(({ length }) => Math.floor(length / wide))));
  const chosen = ids.map((own) => spread(own.length, wide * tall).map((at) => own[at]));
  return Array.from({ length: tall }, (_, row) =>
    chosen.flatMap((own) => own.slice(row * wide, (row + 1) * wide)),
  ).flat();
}

/** At most `most` of 0 … count - 1, evenly spaced. */
function spread(count: number, most: number): number[] {
  const shown = Math.min(count, most);
  return Array.from({ length: shown }, (_, i) => Math.floor((i * count) / shown));
}
