// MNIST's file format IDX, plain or gzipped: images and labels of one split, from a folder.
import { lstat, readdir, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { GanglionError, messageOf } from "../errors.ts";
import type { Dataset, Split } from "./dataset.ts";
import { startFingerprint } from "./fingerprint.ts";
import { readIdxFile } from "./idx-file.ts";
import type { IdxArray } from "./idx-file.ts";

const PREFIX = { train: "train", test: "t10k" } as const;
/** Bytes hashed between two turns of the event loop: some milliseconds. */
const HASH_PIECE_BYTES = 8 * 2 ** 20;

/**
 * Reads `train-images-idx3-ubyte` (or `t10k-…` for the test split; also `…-images.idx3-ubyte`, and idx4; each plain
 * or `.gz`), [N, H, W] or [N, H, W, C], and, if it is there, `…-labels-idx1-ubyte`, [N].
 *
 * Throws GanglionError DATA, naming file, value and remedy, for whatever is missing, damaged or inconsistent.
 */
export async function loadIdx(folder: string, split: Split): Promise<Dataset> {
  const names = await listFolder(folder);
  const imageNames = candidates(`${PREFIX[split]}-images`, ["idx3", "idx4"]);
  const imageName = imageNames.find((name) => names.has(name));
  if (imageName === undefined) {
    throw new GanglionError(
      "DATA",
      `${folder} has no ${split} images: put ${imageNames[0]} or ${imageNames[0]}.gz there (IDX, as MNIST comes); it holds ${listed(names)}, and nothing but IDX is read`,
    );
  }
  const imageFile = await insideFolder(folder, imageName);
  const { dims, data: images } = await readIdxFile(imageFile, [3, 4]);
  const [count, height, width, channels = 1] = dims;
  const imageShape = [height, width, channels] as const;
  const labelName = candidates(`${PREFIX[split]}-labels`, ["idx1"]).find((name) => names.has(name));
  const labels = labelName === undefined ? null : await readLabels(folder, labelName, count, imageFile);

  const fingerprint = startFingerprint(count, imageShape, labels !== null);
  for (let at = 0; at < images.length; at += HASH_PIECE_BYTES) {
    fingerprint.update(images.subarray(at, at + HASH_PIECE_BYTES));
    await nextTurn();
  }
  if (labels) fingerprint.update(labels);
  return {
    name: folder,
    count,
    imageShape,
    classes: labels ? labels.reduce((most, label) => Math.max(most, label), 0) + 1 : 0,
    images,
    labels,
    fingerprint: fingerprint.digest("hex"),
  };
}

/** File names in the order in which they are looked for. */
function candidates(stem: string, kinds: readonly string[]): string[] {
  const plain = kinds.flatMap((kind) => [`${stem}-${kind}-ubyte`, `${stem}.${kind}-ubyte`]);
  return plain.flatMap((name) => [name, `${name}.gz`]);
}

async function listFolder(folder: string): Promise<ReadonlySet<string>> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new GanglionError(
      "DATA",
      `the data folder ${folder} cannot be read (${messageOf(cause)}): give the path of a folder with IDX files`,
      { cause },
    );
  }
  if (names.length === 0) {
    throw new GanglionError(
      "DATA",
      `the data folder ${folder} is empty: put IDX files there, such as train-images-idx3-ubyte.gz`,
    );
  }
  return new Set(names);
}

/** The first few, so that a wrong folder, or another format, shows. */
function listed(names: ReadonlySet<string>): string {
  const sorted = [...names].sort();
  return sorted.slice(0, 3).join(", ") + (sorted.length > 3 ? ` and ${sorted.length - 3} more` : "");
}

/** The path of a regular file that really lies in the folder: a link may not lead out of it. */
async function insideFolder(folder: string, name: string): Promise<string> {
  const file = join(folder, name);
  try {
    const root = await realpath(folder);
    const target = await realpath(file);
    const way = relative(root, target);
    if (way === ".." || way.startsWith(`..${sep}`) || way.startsWith(sep)) {
      throw new GanglionError(
        "DATA",
        `${file} is a link to ${target}, outside of its folder: copy the file into ${folder}`,
      );
    }
    if (!(await lstat(target)).isFile()) {
      throw new GanglionError("DATA", `${file} is not a regular file: replace it with the IDX file`);
    }
    return target;
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    throw new GanglionError("DATA", `${file} cannot be opened (${messageOf(cause)}): copy the file again`, {
      cause,
    });
  }
}

async function readLabels(
  folder: string,
  name: string,
  count: number,
  imageFile: string,
): Promise<IdxArray["data"]> {
  const file = await insideFolder(folder, name);
  const { dims, data } = await readIdxFile(file, [1]);
  if (dims[0] !== count) {
    throw new GanglionError(
      "DATA",
      `${file} has ${dims[0]} labels but ${imageFile} has ${count} images: use the two files of one data set`,
    );
  }
  return data;
}
