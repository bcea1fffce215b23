// The formats of data sets. To add one: a file with its `DataFormat`, and a row here, before `idx`.
import { cifar } from "./cifar/cifar.ts";
import { downloads } from "./downloads/downloads.ts";
import type { DataFormat } from "./format.ts";
import { idx } from "./idx/idx.ts";
import { numpy } from "./numpy/numpy.ts";
import { parquet } from "./parquet/parquet.ts";
import { strokes } from "./strokes/load-strokes.ts";

/** The first that recognizes a source reads it; the last takes every path that is there, and says what it lacks. */
export const FORMATS: readonly DataFormat[] = [strokes, downloads, parquet, cifar, numpy, idx];

/** `"strokes" (built in) or the path of …`, as in "give …". */
export const ACCEPTED_DATA = FORMATS.map(({ takes }) => takes).join(" or ");

/** Whether a name is a data set by itself, which every machine makes, and no path. */
export function isBuiltIn(source: string): boolean {
  return FORMATS.some((format) => format.isBuiltIn && format.name === source);
}
