// Data sets as their formats read them, in memory, without a cache.
import type { Dataset, Split } from "../../shared/data/dataset.ts";
import { decodeSource } from "../../shared/data/pictures/decode-source.ts";
import { openIdx } from "../../shared/data/idx/idx.ts";
import { AS_THEY_ARE, type ImageOptions } from "../../shared/data/image-options.ts";
import type { ImageSource } from "../../shared/data/source.ts";
import { STROKES, type StrokesOptions, openStrokes } from "../../shared/data/strokes/strokes.ts";

export async function loadSource(
  source: ImageSource,
  name: string,
  images: ImageOptions = AS_THEY_ARE,
): Promise<Dataset> {
  const { dataset } = await decodeSource(source, name, { images, folder: null });
  return { ...dataset, warnings: source.warnings };
}

export async function loadIdx(folder: string, split: Split): Promise<Dataset> {
  return loadSource(await openIdx(folder, split), folder);
}

export async function drawStrokes(options: StrokesOptions = {}): Promise<Dataset> {
  return loadSource(openStrokes(options), STROKES);
}

/** [N, H, W, C] of a data set that lies in memory. */
export function pixelsOf({ images }: Pick<Dataset, "images">): Uint8Array {
  if (images.kind === "memory") return images.bytes;
  throw new Error(`the images are in ${images.file}`);
}
