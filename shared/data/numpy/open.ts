// Opens NumPy's arrays: headers and labels are read at once, and the range of values that are no bytes.
import type { Split } from "../dataset.ts";
import { identityOf } from "../files/bytes.ts";
import type { OpenOptions } from "../format.ts";
import type { ImageSource } from "../source.ts";
import { listArrays } from "./arrays.ts";
import { chooseArrays } from "./choose.ts";
import { checkReadable } from "./elements.ts";
import { readLabels } from "./labels.ts";
import { findLayout } from "./layout.ts";
import { pixelsOf } from "./pixels.ts";
import { findScale } from "./scale.ts";

/**
 * @throws GanglionError DATA: no such split, several arrays that could be meant, a shape, type or range that is none of
 *   images', labels that do not belong to them, or damaged
 */
export async function openNumpy(
  source: string,
  split: Split,
  { onProgress }: OpenOptions,
): Promise<ImageSource> {
  const { images, labels, allImages, notes } = chooseArrays(source, await listArrays(source), split);
  for (const array of allImages) checkReadable(array);
  const layout = findLayout(images);
  const { count, imageShape, isChannelsFirst } = layout;
  const read = labels ? await readLabels(labels, images, count) : { labels: null, notes: [] };
  const scale = await findScale(allImages, onProgress);
  const files = new Set([images, ...(labels ? [labels] : []), ...allImages].map(({ file }) => file));
  return {
    format: "NumPy data set",
    identity: ["numpy", images.name, labels?.name ?? "", ...(await Promise.all([...files].map(identityOf)))],
    labels: read.labels,
    classNames: null,
    notes: [
      ...notes,
      ...(isChannelsFirst ? [`${images.name} has its channels first, [N, C, H, W]: they are turned`] : []),
      ...(scale.note === null ? [] : [scale.note]),
      ...read.notes,
    ],
    warnings: [],
    content: { kind: "pixels", count, imageShape, pixels: () => pixelsOf(images, layout, scale) },
  };
}
