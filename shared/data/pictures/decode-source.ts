// From what a format found to images of one shape: decoded on all cores, and put where they are kept.
import { GanglionError, messageOf } from "../../errors.ts";
import { cutPieces } from "../../cut-pieces.ts";
import type { Dataset } from "../dataset.ts";
import type { OnProgress } from "../format.ts";
import type { ImageOptions } from "../image-options.ts";
import type { Labels } from "../labels.ts";
import type { CacheOptions } from "../packed/cache.ts";
import { type ImageStore, openFileStore, openMemoryStore } from "../packed/image-store.ts";
import { imageBytesOf } from "../packed/packed.ts";
import { UnwritableError } from "../packed/partial-file.ts";
import { concurrently } from "./concurrently.ts";
import { type Decode, createDecoder } from "./decode.ts";
import { reasonOf } from "./image-library.ts";
import type { BadPicture } from "./survey.ts";
import { type SourcePlan, badPictures, planSource } from "./plan-source.ts";
import { sharedLabels } from "../shared-memory.ts";
import type { ImageSource, PictureContent, PixelContent } from "../source.ts";

export interface DecodeOptions extends CacheOptions {
  readonly images: ImageOptions;
  readonly onProgress?: OnProgress;
}

export interface Decoded {
  readonly dataset: Dataset;
  /** Whether it lies in the cache. */
  readonly isKept: boolean;
  readonly plan: SourcePlan;
  /** The bad ones, in the order of the set. */
  readonly skipped: readonly BadPicture[];
}

/**
 * Decodes into the cache, or, where that cannot be written (`say` hears why), into memory.
 *
 * @throws GanglionError DATA when images are bad and not to be skipped, when they fit nowhere, or as `planSource`
 */
export async function decodeSource(
  source: ImageSource,
  name: string,
  options: DecodeOptions,
): Promise<Decoded> {
  const plan = await planSource(source, name, options);
  const { content, classNames } = source;
  const { count } = content;
  const stored = { name, count, imageShape: plan.imageShape, classNames };
  const into = async (store: ImageStore, isKept: boolean): Promise<Decoded> => {
    try {
      const bad = await fillStore(store, source, plan, options);
      const skipped = [...bad].sort(([a], [b]) => a - b).map(([, picture]) => picture);
      const isAll = skipped.length === count;
      if (skipped.length > 0 && (!options.images.skipBad || isAll)) throw badPictures(name, skipped, isAll);
      await closeGaps(store, plan, count, bad);
      const labels = source.labels && labelsOfGood(source.labels, bad);
      const dataset = await store.finish(count - skipped.length, labels);
      return { dataset, isKept, plan, skipped };
    } finally {
      await store.discard();
    }
  };
  const isFast = content.kind === "pixels" && content.isFast === true && plan.target === null;
  if (isFast && imageBytesOf(stored) <= (options.memoryBytes ?? Infinity))
    return into(openMemoryStore(stored, options), false);
  try {
    return await into(await openFileStore(stored, options), true);
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
    const why = error.cause === undefined ? error.message : `${error.message} (${messageOf(error.cause)})`;
    options.say?.(`${why}: they stay in memory, and the next start decodes them again; name a folder with room in GANGLION_CACHE`); // prettier-ignore
    return into(openMemoryStore(stored, options), false);
  }
}

/** Puts every image into its place; returns those that are bad, by index. */
async function fillStore(
  store: ImageStore,
  { content }: ImageSource,
  { target, bad, imageShape }: SourcePlan,
  { onProgress }: DecodeOptions,
): Promise<ReadonlyMap<number, BadPicture>> {
  const size = imageBytesOf({ count: 1, imageShape });
  switch (content.kind) {
    case "pictures": {
      const decode = await createDecoder(target!); // encoded pictures always have one
      return decodePictures(
        content,
        bad,
        decode,
        (index, image) => store.write(index * size, image),
        onProgress,
      );
    }
    case "pixels":
      if (target === null) await copyPixels(content, store);
      else
        await convertPixels(
          content,
          await createDecoder(target),
          (index, image) => store.write(index * size, image),
          onProgress,
        );
      return new Map();
    default:
      return content satisfies never;
  }
}

type PutImage = (index: number, image: Uint8Array) => Promise<void>;

async function decodePictures(
  content: PictureContent,
  known: ReadonlyMap<number, BadPicture>,
  decode: Decode,
  put: PutImage,
  onProgress?: OnProgress,
): Promise<ReadonlyMap<number, BadPicture>> {
  const bad = new Map(known);
  let done = 0;
  await concurrently(content.pictures(), async ({ index, name, bytes }) => {
    if (!known.has(index)) {
      let image: Uint8Array | null = null;
      try {
        image = await decode({ kind: "encoded", bytes: await bytes() });
      } catch (error) {
        if (error instanceof GanglionError) throw error; // the source itself is damaged
        bad.set(index, { name, reason: reasonOf(error) });
      }
      if (image) await put(index, image);
    }
    onProgress?.("decoding", ++done, content.count);
  });
  return bad;
}

async function copyPixels({ pixels, count, imageShape }: PixelContent, store: ImageStore): Promise<void> {
  let at = 0;
  for await (const piece of pixels()) {
    await store.write(at, piece);
    at += piece.length;
  }
  if (at !== imageBytesOf({ count, imageShape })) throw new RangeError(`${at} bytes are not ${count} images`);
}

async function convertPixels(
  content: PixelContent,
  decode: Decode,
  put: PutImage,
  onProgress?: OnProgress,
): Promise<void> {
  const { count, imageShape } = content;
  let index = 0;
  await concurrently(cutPieces(content.pixels(), imageBytesOf({ count: 1, imageShape })), async (bytes) => {
    const place = index++;
    await put(place, await decode({ kind: "pixels", bytes, imageShape }));
    onProgress?.("converting", place + 1, count);
  });
}

/** Moves the images that stand behind bad ones forward. */
async function closeGaps(
  store: ImageStore,
  { imageShape }: SourcePlan,
  count: number,
  bad: ReadonlyMap<number, unknown>,
): Promise<void> {
  if (bad.size === 0) return;
  const size = imageBytesOf({ count: 1, imageShape });
  let to = 0;
  for (let from = 0; from < count; from++) {
    if (bad.has(from)) continue;
    if (to !== from) await store.write(to * size, await store.read(from * size, size));
    to++;
  }
}

function labelsOfGood(labels: Labels, bad: ReadonlyMap<number, unknown>): Labels {
  return bad.size === 0 ? labels : sharedLabels([...labels].filter((_, index) => !bad.has(index)));
}
