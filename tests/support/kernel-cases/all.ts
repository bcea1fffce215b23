// Every fixed case there is, for engines to agree on.
import type { OracleCase } from "../oracle.ts";
import { CONVOLUTIONS } from "./convolutions.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { EMPTY } from "./empty.ts";
import { GROUPED_CONVOLUTIONS } from "./grouped-convolutions.ts";
import { IMAGES } from "./images.ts";
import { INDEXING } from "./indexing.ts";
import { LOSSES } from "./losses.ts";
import { STRUCTURE } from "./structure.ts";
import { TYPES } from "./types.ts";

export const FIXED: readonly OracleCase[] = [
  ...ELEMENTWISE,
  ...STRUCTURE,
  ...CONVOLUTIONS,
  ...GROUPED_CONVOLUTIONS,
  ...IMAGES,
  ...INDEXING,
  ...TYPES,
  ...EMPTY,
  ...LOSSES,
];
