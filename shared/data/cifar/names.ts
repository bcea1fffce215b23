// The names of CIFAR's files: what each holds, in which version.
import type { Split } from "../dataset.ts";

/** The binary version's files of records, and its lists of class names. */
export type CifarRole =
  | { readonly kind: "records"; readonly classes: 10 | 100; readonly split: Split }
  | { readonly kind: "names"; readonly classes: 10 | 100 }
  /** A file of the versions for Python (pickled objects) or MATLAB, which are not read. */
  | { readonly kind: "foreign"; readonly version: "Python" | "MATLAB" }
  /** Beside the others, and nothing that is read. */
  | { readonly kind: "aside" };

const ROLES: readonly (readonly [RegExp, CifarRole])[] = [
  [/^data_batch_\d+\.bin$/, { kind: "records", classes: 10, split: "train" }],
  [/^test_batch\.bin$/, { kind: "records", classes: 10, split: "test" }],
  [/^train\.bin$/, { kind: "records", classes: 100, split: "train" }],
  [/^test\.bin$/, { kind: "records", classes: 100, split: "test" }],
  [/^batches\.meta\.txt$/, { kind: "names", classes: 10 }],
  [/^fine_label_names\.txt$/, { kind: "names", classes: 100 }],
  [/^(data_batch_\d+|test_batch)$/, { kind: "foreign", version: "Python" }],
  [/^(data_batch_\d+|test_batch|batches\.meta)\.mat$/, { kind: "foreign", version: "MATLAB" }],
  [/^(\._.*|\.DS_Store)$/, { kind: "aside" }], // of macOS
  [/^(readme\.html|coarse_label_names\.txt|batches\.meta|file\.txt~?)$/, { kind: "aside" }],
];

/** Null for a name that none of CIFAR's files has. CIFAR-100's for Python have names too common to tell: `train`. */
export function roleOf(name: string): CifarRole | null {
  return ROLES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** CIFAR-100's files for Python and MATLAB, by their folder. */
export function foreignFolder(folder: string): CifarRole | null {
  const version = /(^|\/)cifar-100-(python|matlab)\/?$/.exec(folder)?.[2];
  return version ? { kind: "foreign", version: version === "python" ? "Python" : "MATLAB" } : null;
}

/** Label bytes before each image: CIFAR-100 has the coarse label, then the fine one. */
export function labelBytesOf(classes: 10 | 100): number {
  return classes === 10 ? 1 : 2;
}

export const CIFAR_SHAPE = [32, 32, 3] as const;
const PIXEL_BYTES = 32 * 32 * 3;

export function recordBytesOf(classes: 10 | 100): number {
  return labelBytesOf(classes) + PIXEL_BYTES;
}
