// What each tfjs kernel returns, from what it is given: the shape inference of the recording backend.
import { ELEMENTWISE } from "./shapes/elementwise.ts";
import { IMAGES } from "./shapes/images.ts";
import type { Infer } from "./shapes/infer.ts";
import { REDUCTIONS } from "./shapes/reductions.ts";
import { STRUCTURE } from "./shapes/structure.ts";

export { COMPARISON } from "./shapes/elementwise.ts";
export { convolutionOf, poolingOf } from "./shapes/images.ts";
export type { Attributes, Infer, Specs } from "./shapes/infer.ts";
export { sliceOf } from "./shapes/structure.ts";

/** Output specs by kernel. A kernel that is neither here nor composed of these (`COMPOSED`) cannot be traced. */
export const SHAPES: ReadonlyMap<string, Infer> = new Map(
  Object.entries({ ...ELEMENTWISE, ...REDUCTIONS, ...IMAGES, ...STRUCTURE }),
);
