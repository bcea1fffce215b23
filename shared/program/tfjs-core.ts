// tfjs core, by require: an import makes Node search all of its source for exports, 0.3 s of every thread's start.
import { createRequire } from "node:module";
import type * as tf from "@tensorflow/tfjs-core";

/** The same module that an import gives. */
export const core = createRequire(import.meta.url)("@tensorflow/tfjs-core") as typeof tf;
export const { backend_util, slice_util, util } = core;
