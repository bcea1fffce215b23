// Which arrays are a split's images and labels, by their names (`x_train`, `images`) and then by their shapes.
import { basename, resolve } from "node:path";
import { GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import { type NamedSplit, listNames, splitOfName, wordsOf } from "../files/names.ts";
import type { NumpyArray } from "./arrays.ts";

export interface ChosenArrays {
  readonly images: NumpyArray;
  /** Null where no array is called like the images' labels. */
  readonly labels: NumpyArray | null;
  /** The images of every split: what their values mean is one decision for all. */
  readonly allImages: readonly NumpyArray[];
  readonly notes: readonly string[];
}

type Role = "images" | "labels";

interface Candidate {
  readonly array: NumpyArray;
  readonly role: Role;
  readonly isNamed: boolean;
  readonly split: NamedSplit;
  /** What its name says beside role and split: `x_train` and `y_train` are of one family. */
  readonly family: string;
}

const ROLE_WORDS: Readonly<Record<Role, RegExp>> = {
  labels: /^(ys?|y(train|test|val|valid)|labels?|lbls?|targets?|class(es)?)$/,
  images: /^(xs?|x(train|test|val|valid)|images?|imgs?|pictures?|photos?|pixels?|data|inputs?)$/,
};
const SPLIT_WORDS = /^(train|training|test|testing|t10k|val|valid|validation|dev)$/;

/**
 * `source` is what the user named: of a single .npy file, it is the images, and those beside it are taken where their names
 * belong to its own.
 *
 * @throws GanglionError DATA when the split has no images, or several arrays could be meant
 */
export function chooseArrays(source: string, arrays: readonly NumpyArray[], split: Split): ChosenArrays {
  const own = arrays.find(({ file, archive }) => file === resolve(source) && archive === "");
  const candidates = own ? familyOf(own, arrays) : arrays.flatMap((array) => candidateOf(array) ?? []);
  const images = candidates.filter(({ role }) => role === "images");
  const notes: string[] = [];
  let chosen = onlyOne(source, images, split);
  if (!chosen && split === "test") {
    chosen = onlyOne(source, images, "validation");
    if (chosen) notes.push(`${source} has no test images: its validation images are taken instead`);
  }
  if (!chosen) {
    const listed = arrays.map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
    throw new GanglionError(
      "DATA",
      `${source} has no ${split} images: give it an array x_${split} of [N, H, W] or [N, H, W, C]; it holds ${listNames(listed)}`,
    );
  }
  const labels = labelsFor(source, chosen, candidates);
  if (labels && own) notes.push(`the labels are those of ${basename(labels.file)} beside it`);
  return { images: chosen.array, labels, allImages: images.map(({ array }) => array), notes };
}

function candidateOf(array: NumpyArray): Candidate | null {
  const isNumbered = /^arr_\d+$/.test(array.name);
  const words = isNumbered ? [] : wordsOf(array.name);
  const named = roleOf(words) ?? roleOf(wordsOf(array.archive));
  const rank = array.shape.length;
  const byShape = rank >= 3 ? "images" : rank === 1 ? "labels" : null;
  // Labels of three or more dimensions are masks, and images of one none at all: such a name speaks of something else.
  const role = named && (named === "labels" ? rank <= 2 : rank >= 2) ? named : byShape;
  if (!role) return null;
  const split = splitOfName(array.name) ?? splitOfName(array.archive) ?? "train";
  const isRole = (word: string): boolean => ROLE_WORDS.labels.test(word) || ROLE_WORDS.images.test(word);
  const family = words.filter((word) => !isRole(word) && !SPLIT_WORDS.test(word)).join(" ");
  return { array, role, isNamed: named === role, split, family };
}

/** A name such as `image_labels` is one of labels. */
function roleOf(words: readonly string[]): Role | null {
  if (words.some((word) => ROLE_WORDS.labels.test(word))) return "labels";
  return words.some((word) => ROLE_WORDS.images.test(word)) ? "images" : null;
}

/** The user's own file is the train images, whatever it is called; beside it lie its labels, and its other splits. */
function familyOf(own: NumpyArray, arrays: readonly NumpyArray[]): readonly Candidate[] {
  const family = candidateOf(own)?.family ?? "";
  const ownSplit = splitOfName(own.name) ?? "train";
  const beside = arrays
    .flatMap((array) => (array === own ? [] : (candidateOf(array) ?? [])))
    .filter(({ isNamed }) => isNamed);
  const ofFamily = beside.filter((one) => one.family === family);
  const areLabels = ({ role, split }: Candidate): boolean => role === "labels" && split === ownSplit;
  const labels = ofFamily.filter(areLabels);
  // `photos.npy` and `labels.npy`: what is called only that may belong to any images of as many.
  const plain = beside.filter((one) => one.family === "" && one.array.shape[0] === own.shape[0]);
  return [
    { array: own, role: "images", isNamed: true, split: "train", family },
    ...(labels.length > 0 ? labels : plain.filter(areLabels)).map((one) => ({
      ...one,
      split: "train" as const,
    })),
    ...(ownSplit === "train" ? ofFamily.filter(({ split }) => split !== "train") : []),
  ];
}

/** Null for none; those that are called images come before those that look like them. */
function onlyOne(source: string, images: readonly Candidate[], split: NamedSplit): Candidate | null {
  const all = images.filter((one) => one.split === split);
  const named = all.filter(({ isNamed }) => isNamed);
  const [first, ...more] = named.length > 0 ? named : all;
  if (more.length > 0)
    throw new GanglionError(
      "DATA",
      `${source} has several arrays of ${split} images (${listNames([first, ...more].map(({ array }) => array.name))}): leave one there, or give the path of its .npy file`,
    );
  return first ?? null;
}

function labelsFor(source: string, images: Candidate, candidates: readonly Candidate[]): NumpyArray | null {
  const all = candidates.filter(({ role, split }) => role === "labels" && split === images.split);
  const named = all.filter(({ isNamed }) => isNamed);
  const best = named.length > 0 ? named : all;
  const ofFamily = best.filter(({ family }) => family === images.family);
  const related = ofFamily.length > 0 ? ofFamily : best;
  const asMany = related.filter(({ array }) => array.shape[0] === images.array.shape[0]);
  const [first, ...more] = asMany.length > 0 ? asMany : related; // else the count is what is told
  if (more.length > 0)
    throw new GanglionError(
      "DATA",
      `${source} has several arrays of ${images.split} labels (${listNames([first, ...more].map(({ array }) => array.name))}): leave one there, and move the others into a folder of their own`,
    );
  return first?.array ?? null;
}
