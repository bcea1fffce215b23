// MNIST's file format IDX, plain or gzipped: images and labels of one split, from a folder.
import type { Dirent } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { GanglionError, messageOf } from "../../errors.ts";
import { kindOf } from "../../regular-file.ts";
import type { Split } from "../dataset.ts";
import { findSignature } from "../files/file-signature.ts";
import type { DataFormat } from "../format.ts";
import { countGzipLayers, readHead } from "../files/gzip.ts";
import type { ImageSource } from "../source.ts";
import { identityOf } from "../files/bytes.ts";
import { readIdxFile } from "./idx-file.ts";
import { type Entry, chooseFiles } from "./choose.ts";
import { readIdxLabels } from "./labels.ts";
import { warnOfUnread } from "./unread.ts";

/** Takes every path that is there, so that whatever no format reads is refused with what would be read. */
export const idx: DataFormat = {
  name: "idx",
  isBuiltIn: false,
  takes: "a folder with IDX files (as MNIST comes)",
  recognizes: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
  async open(path, split) {
    const found = await stat(path);
    if (found.isDirectory()) return openIdx(path, split);
    throw found.isFile() ? await refuseFile(path) : refuseKind(path, kindOf(found));
  },
};

function refuseKind(path: string, kind: string): GanglionError {
  return new GanglionError(
    "DATA",
    `${path} is ${kind}, and a data set is a folder: give the one that holds its pictures or IDX files`,
  );
}

/** A file that no format reads, by what it is. */
async function refuseFile(path: string): Promise<GanglionError> {
  const head = await countGzipLayers(path)
    .then((layers) => readHead(path, layers, HEAD_BYTES))
    .catch(() => Buffer.alloc(0)); // it cannot be read, or inflated: no kind is known
  if (isIdxHead(head))
    return new GanglionError(
      "DATA",
      `${path} is an IDX file, and a data set is the folder that holds it and its labels: give ${dirname(path)}`,
    );
  const known = findSignature(head);
  return known
    ? new GanglionError("DATA", `${path} is ${known.what}, and no data set: ${known.remedy}`)
    : refuseKind(path, "a file of no kind that is read");
}

const HEAD_BYTES = 512;

function isIdxHead([first, second, type, rank]: Uint8Array): boolean {
  return first === 0 && second === 0 && type >= 8 && type <= 14 && rank >= 1 && rank <= 4;
}

/**
 * Reads `train-images-idx3-ubyte` (or `t10k-…` or `test-…` for the test split; also `…-images.idx3-ubyte`, idx4, names
 * in capitals, and names with something before the split, such as `emnist-letters-train-…`; each plain or gzipped),
 * [N, H, W] or [N, H, W, C], and, if it is there, the file of labels that belongs to it (`…-labels-idx1-ubyte`, [N], or
 * QMNIST's `…-labels-idx2-int`, [N, 8]). What looks like labels and is not read is among the data set's warnings.
 *
 * @throws GanglionError DATA, naming file, value and remedy: whatever is missing, damaged, ambiguous or inconsistent
 */
export async function openIdx(folder: string, split: Split): Promise<ImageSource> {
  const entries = await listFolder(folder);
  const files = await chooseFiles(folder, entries, split, (name) => insideFolder(folder, name));
  if (!files) {
    const wanted = `${split === "train" ? "train" : "t10k"}-images-idx3-ubyte`;
    throw new GanglionError(
      "DATA",
      `${folder} has no ${split} images: put ${wanted} or ${wanted}.gz there (IDX, as MNIST comes); it holds ${listed(entries)}`,
    );
  }
  const imageFile = await insideFolder(folder, files.images);
  const { dims, data: images } = await readIdxFile(imageFile, [3, 4]);
  const [count, height, width, channels = 1] = dims;
  const imageShape = [height, width, channels] as const;
  const labelFile = files.labels === null ? null : await insideFolder(folder, files.labels);
  const labels = labelFile === null ? null : await readIdxLabels(labelFile, count, imageFile);
  const read = [imageFile, ...(labelFile === null ? [] : [labelFile])];

  return {
    format: "folder of IDX files",
    identity: await Promise.all(read.map(identityOf)),
    labels,
    classNames: null,
    notes: [],
    warnings: await warnOfUnread(folder, entries, split, files, count),
    content: {
      kind: "pixels",
      isFast: true,
      count,
      imageShape,
      async *pixels() {
        yield images;
      },
    },
  };
}

async function listFolder(folder: string): Promise<readonly Entry[]> {
  let found: Dirent[];
  try {
    found = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new GanglionError(
      "DATA",
      `the data folder ${folder} cannot be read (${messageOf(cause)}): give the path of a folder with IDX files`,
      { cause },
    );
  }
  if (found.length === 0) {
    throw new GanglionError(
      "DATA",
      `the data folder ${folder} is empty: put pictures there, in a folder for each class, or files such as train-images-idx3-ubyte.gz`,
    );
  }
  const entries = found.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The first few, so that a wrong folder, or another format, shows. */
function listed(entries: readonly Entry[]): string {
  const names = entries.slice(0, 3).map(({ name }) => name);
  return names.join(", ") + (entries.length > 3 ? ` and ${entries.length - 3} more` : "");
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
