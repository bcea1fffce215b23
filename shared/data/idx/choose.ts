// Which files of a folder hold a split's images and labels; where several could, nothing is guessed.
import { createHash } from "node:crypto";
import { GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import { countGzipLayers, inflatedContent } from "../files/gzip.ts";
import { type IdxName, parseIdxName } from "./names.ts";

/** What lies in a data folder. */
export interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

export interface ChosenFiles {
  readonly images: string;
  /** Null where no file has the name that belongs to the images'. */
  readonly labels: string | null;
  /** IDX files of the split that belong to other images, by their names. */
  readonly others: readonly IdxName[];
  /** What the file of the labels should be called. */
  readonly labelsName: string;
}

/**
 * Images and labels belong together by what stands before the split in their names; MNIST's own names, with nothing
 * there, come first. Several files may hold the same bytes (`x` and `x.gz`): the first is read then.
 *
 * `open` resolves a name to the path that is read. Null where no file has the name of images.
 *
 * @throws GanglionError DATA when several files could be meant, naming them, and what `open` throws
 */
export async function chooseFiles(
  folder: string,
  entries: readonly Entry[],
  split: Split,
  open: (name: string) => Promise<string>,
): Promise<ChosenFiles | null> {
  const named = (holds: IdxName["holds"]): IdxName[] => {
    const all = entries.flatMap(({ name, isFolder }) => {
      const parsed = parseIdxName(name);
      return parsed?.split === split && parsed.holds === holds ? [{ ...parsed, isFolder }] : [];
    });
    const files = all.filter(({ isFolder }) => !isFolder); // archives unpack some files into folders of their names
    return (files.length > 0 ? files : all).sort(
      (a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1), // plain before .gz
    );
  };
  const [images, labels] = [named("images"), named("labels")];
  const prefixes = new Set(images.map(({ prefix }) => prefix));
  const [prefix] = prefixes.has("") ? [""] : prefixes;
  if (prefix === undefined) return null;
  if (prefix !== "" && prefixes.size > 1) throw ambiguous(folder, `${split} images`, images);
  const [ownImages, ownLabels] = [images, labels].map((files) =>
    files.filter((file) => file.prefix === prefix),
  );
  const image = await onlyContent(folder, `${split} images`, ownImages, open);
  return {
    images: image.name,
    labels:
      ownLabels.length === 0 ? null : (await onlyContent(folder, `${split} labels`, ownLabels, open)).name,
    others: [...images, ...labels].filter((file) => file.prefix !== prefix),
    labelsName: labelsNameFor(image),
  };
}

/** The first of files that hold the same bytes, gzipped or not. */
async function onlyContent(
  folder: string,
  what: string,
  files: readonly IdxName[],
  open: (name: string) => Promise<string>,
): Promise<IdxName> {
  const [first, ...others] = files;
  if (others.length === 0) return first;
  const wanted = await hashContent(await open(first.name));
  for (const { name } of others)
    if ((await hashContent(await open(name))) !== wanted)
      throw ambiguous(folder, `${what} that differ`, files);
  return first;
}

async function hashContent(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of inflatedContent(file, await countGzipLayers(file))) hash.update(piece);
  return hash.digest("hex");
}

function ambiguous(folder: string, what: string, files: readonly IdxName[]): GanglionError {
  const names = files.map(({ name }) => name);
  const all = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return new GanglionError(
    "DATA",
    `${folder} has several files of ${what}: ${all.slice(0, -1).join(", ")} and ${all.at(-1)}; leave one there, and put the others into folders of their own`,
  );
}

/** `train-images.idx3-ubyte.gz` → `train-labels.idx1-ubyte` */
function labelsNameFor({ name, prefix }: IdxName): string {
  const rest = name
    .slice(prefix.length)
    .replace(/images?/i, "labels")
    .replace(/idx\d?/i, "idx1");
  return name.slice(0, prefix.length) + rest.replace(/(\.gz)+$/i, "");
}
