// The formats of data sets. To add one: a file with its `DataFormat`, and a row here, before `idx`.
import { archive } from "./archive/archive.ts";
import { cifar } from "./cifar/cifar.ts";
import { downloads } from "./downloads/downloads.ts";
import { folder } from "./folder/folder.ts";
import type { DataFormat } from "./format.ts";
import { idx } from "./idx/idx.ts";
import { numpy } from "./numpy/numpy.ts";
import { parquet } from "./parquet/parquet.ts";
import { strokes } from "./strokes/format.ts";

/** Those that a name stands for; all others are read from a path. */
const BY_NAME: readonly DataFormat[] = [strokes, downloads];
const BY_PATH: readonly DataFormat[] = [parquet, cifar, numpy, folder, archive, idx];

/** The first that recognizes a source reads it; the last takes every path that is there, and says what it lacks. */
export const FORMATS: readonly DataFormat[] = [...BY_NAME, ...BY_PATH];

/** `"strokes" (built in), or the path of a folder of pictures, … or …`, as in "give …". */
export const ACCEPTED_DATA = acceptedData();

function acceptedData(): string {
  const taken = (formats: readonly DataFormat[]): string[] => formats.map(({ takes }) => takes);
  const paths = taken(BY_PATH);
  return `${taken(BY_NAME).join(", ")}, or the path of ${paths.slice(0, -1).join(", ")} or ${paths.at(-1)}`;
}

/** Whether a name is a data set by itself, which every machine makes, and no path. */
export function isBuiltIn(source: string): boolean {
  return FORMATS.some((format) => format.isBuiltIn && format.name === source);
}
