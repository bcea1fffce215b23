// Kernels that are recorded as other kernels, so that gradients and executors need not know them.
import { ARITHMETIC } from "./composed/arithmetic.ts";
import type { Compose } from "./composed/compose.ts";
import { CONSTANTS } from "./composed/constants.ts";
import { IMAGES } from "./composed/images.ts";
import { INDEXING } from "./composed/indexing.ts";
import { NORMALIZATION } from "./composed/normalization.ts";
import { PRODUCTS } from "./composed/products.ts";
import { STRUCTURE } from "./composed/structure.ts";

/** What each composed kernel is made of. A new tensor for a value already recorded costs no call. */
export const COMPOSED: ReadonlyMap<string, Compose> = new Map(
  Object.entries({
    ...PRODUCTS,
    ...CONSTANTS,
    ...STRUCTURE,
    ...INDEXING,
    ...IMAGES,
    ...ARITHMETIC,
    ...NORMALIZATION,
  }),
);
