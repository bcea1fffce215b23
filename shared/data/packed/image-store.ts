// Where the images of a data set go while it is made: a packed file of the cache, or memory.
import { GanglionError } from "../../errors.ts";
import { type Dataset, createDataset } from "../dataset.ts";
import type { Images } from "../images.ts";
import { type Labels, namesOf } from "../labels.ts";
import { sharedBytes } from "../shared-memory.ts";
import { type CacheOptions, dataFolder, noteVerified, openCopy, packedName } from "./cache.ts";
import { bytesOf, encodeHeader, headerOf } from "./packed.ts";
import { sizeText } from "./packed-file.ts";
import { type PartialFile, UnwritableError, openPartialFile } from "./partial-file.ts";

/** What is known before the first image: the images of a store are of one shape, and no more than `count`. */
export interface StorePlan {
  readonly name: string;
  /** N, at most. */
  readonly count: number;
  /** [H, W, C]. */
  readonly imageShape: readonly [number, number, number];
  /** The name of label `l` is `classNames[l]`. */
  readonly classNames: readonly string[] | null;
}

export interface ImageStore {
  /** Writes pixels from byte `at` of [N, H, W, C] on; in any order. @throws UnwritableError */
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** Reads what was written. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** The data set of the first `count` images. @throws UnwritableError */
  finish(count: number, labels: Labels | null): Promise<Dataset>;
  /** Leaves nothing behind; after `finish` it does nothing. */
  discard(): Promise<void>;
}

/** @throws UnwritableError where there is no cache, or none that can be written */
export async function openFileStore(plan: StorePlan, options: CacheOptions): Promise<ImageStore> {
  const folder = dataFolder(options);
  if (folder === null) throw new UnwritableError("this user has no home folder to keep the data in");
  const unwritable = (cause: unknown): never => {
    throw new UnwritableError(`the data cannot be kept in ${folder}`, { cause });
  };
  const file: PartialFile = await openPartialFile(folder, "decoding").catch(unwritable);
  const head = encodeHeader(headerOf({ ...plan, labels: null }));
  const { handle } = file;
  const put = async (bytes: Uint8Array, position: number): Promise<void> => {
    for (let done = 0; done < bytes.length;)
      done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  };
  return {
    write: (at, bytes) => put(bytes, head.length + at).catch(unwritable),
    async read(at, length) {
      const bytes = new Uint8Array(length);
      await handle.read(bytes, 0, length, head.length + at);
      return bytes;
    },
    async finish(count, labels) {
      const content = contentOf(plan, count, labels);
      const imageBytes = imageSize(plan) * count;
      const images: Images = { kind: "file", file: file.path, offset: head.length };
      try {
        await put(encodeHeader(headerOf(content), head.length), 0);
        await handle.truncate(head.length + imageBytes);
        if (labels) await put(bytesOf(labels), head.length + imageBytes);
      } catch (cause) {
        unwritable(cause);
      }
      const { fingerprint } = await createDataset({ ...content, images });
      const whole = await file.finish(packedName(fingerprint)).catch(unwritable);
      await noteVerified(whole);
      const copy = await openCopy(fingerprint, options);
      return copy ?? unwritable(new Error(`${whole} is gone`));
    },
    discard: () => file.discard(),
  };
}

/** @throws GanglionError DATA when so many images do not fit */
export function openMemoryStore(plan: StorePlan, { memoryBytes = Infinity }: CacheOptions): ImageStore {
  const size = imageSize(plan);
  if (size * plan.count > memoryBytes) {
    throw new GanglionError(
      "DATA",
      `${plan.count} images have ${sizeText(size * plan.count)}, which can only be kept in a file here: name a folder with room in GANGLION_CACHE, or raise --data-memory`,
    );
  }
  const images = sharedBytes(size * plan.count);
  return {
    write: (at, bytes) => Promise.resolve(images.set(bytes, at)),
    read: (at, length) => Promise.resolve(images.slice(at, at + length)),
    finish: (count, labels) =>
      createDataset({
        ...contentOf(plan, count, labels),
        images: { kind: "memory", bytes: images.subarray(0, size * count) },
      }),
    discard: () => Promise.resolve(),
  };
}

function imageSize({ imageShape }: StorePlan): number {
  return imageShape.reduce((product, length) => product * length, 1);
}

function contentOf({ name, imageShape, classNames }: StorePlan, count: number, labels: Labels | null) {
  return {
    name,
    count,
    imageShape,
    labels,
    classNames: classNames && namesOf(labels, classNames),
    warnings: [],
  };
}
