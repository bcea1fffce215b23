// A traced program as another that computes the same with less work, up to rounding; traces and their hashes stay as they are.
import { shareCommonCalls } from "../../../../shared/program/optimize.ts";
import type { Program } from "../../../../shared/program/program.ts";
import { withPixelBlocks } from "./pixel-blocks.ts";
import { foldResampling } from "./resampled-convolutions.ts";
import { shareCotangents } from "./share-cotangents.ts";

/** Each step needs what the one before it has made: names for blocks of pixels, convolutions that resample, equal calls joined. */
export function rewriteProgram(traced: Program): Program {
  return shareCotangents(shareCommonCalls(foldResampling(withPixelBlocks(traced))));
}
