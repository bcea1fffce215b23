// The flags of evaluations, which training and `evaluate` have in common.
import { resolve } from "node:path";
import { BUILT_IN_EXTRACTORS } from "../../shared/evaluation/built-in-names.ts";
import type { Flag } from "../flags/flag.ts";
import { wholeNumber } from "../flags/parsers.ts";

export const EXTRACTOR_HELP = `what images are compared by: ${BUILT_IN_EXTRACTORS.join(", ")}, or an .onnx file with a .json beside it (default: the built-in one that suits the images)`;

/** Whether it is the path of a file, and not the name of a built-in extractor. */
export function isExtractorFile(named: string): boolean {
  return /\.onnx$/i.test(named) || /[\\/]/.test(named);
}

/** A file's whole path; names as they are. */
export function wholeExtractor(named: string): string {
  return isExtractorFile(named) ? resolve(named) : named;
}

export const EVALUATION = {
  evaluateEvery: {
    argument: "<steps>",
    path: "evaluateEvery",
    parse: wholeNumber(0),
    onResume: "changes",
    help: "measure the generator (FID, KID, precision, recall …) every so many steps and at the end, and keep a checkpoint of each (default: 0, never)",
  },
  evaluateImages: {
    argument: "<n>",
    path: "evaluateImages",
    parse: wholeNumber(2, 1_000_000),
    onResume: "changes",
    help: "images to measure, and as many real ones (default: 10000, or all that the data have)",
  },
  extractor: {
    argument: "<name|file>",
    path: "extractor",
    keep: wholeExtractor,
    onResume: "changes",
    help: EXTRACTOR_HELP,
  },
} as const satisfies Record<
  string,
  Flag & {
    readonly path: string;
    readonly keep?: (given: string) => string;
    readonly onResume: "changes";
  }
>;
