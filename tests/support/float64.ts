// tfjs in double precision: a second copy of it, in which every Float32Array is a Float64Array. The oracle of derivatives.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import type * as core from "@tensorflow/tfjs-core";
import type { Tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";

const require = createRequire(import.meta.url);

export interface Float64Tensorflow {
  readonly tf: Tensorflow;
  /** The object whose functions the layers call. */
  readonly core: typeof core;
}

/**
 * tfjs core, layers and CPU backend, computing in float64: values have 16 digits, so that differences of them have the
 * digits that a float32 gradient is compared with. It shares nothing with the tfjs of the program under test.
 */
export function float64Tensorflow(): Float64Tensorflow {
  const realm = Object.create(globalThis) as Record<string, unknown>;
  realm["_tfengine"] = undefined; // tfjs keeps its engine and registries here
  realm["_tfGlobals"] = undefined;
  const own = load("@tensorflow/tfjs-core", realm, require);
  const withCore = (name: string): unknown => (name === "@tensorflow/tfjs-core" ? own : require(name));
  load("@tensorflow/tfjs-backend-cpu", realm, withCore);
  const layers = load("@tensorflow/tfjs-layers", realm, withCore);
  const tf = { ...own, ...layers } as unknown as Tensorflow;
  (tf.backend() as unknown as { firstUse: boolean }).firstUse = false; // no advertisement
  return { tf, core: own as unknown as typeof core };
}

function load(
  name: string,
  realm: Record<string, unknown>,
  requires: (name: string) => unknown,
): Record<string, unknown> {
  const file = require.resolve(name);
  const names = ["exports", "require", "module", "global", "window", "self", "Float32Array"];
  const run = compileFunction(readFileSync(file, "utf8"), names, { filename: `${file} in float64` });
  const exports: Record<string, unknown> = {};
  run(exports, requires, { exports }, realm, realm, realm, Float64Array);
  return exports;
}
