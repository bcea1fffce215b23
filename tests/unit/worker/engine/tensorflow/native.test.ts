import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { prepareEnvironment, restoreNullCheck } from "../../../../../worker/engine/tensorflow/native.ts";

const util = createRequire(import.meta.url)("node:util") as {
  isNullOrUndefined?: (value: unknown) => boolean;
};

test("util.isNullOrUndefined, which Node 23 removed, is put back", () => {
  delete util.isNullOrUndefined;
  restoreNullCheck();
  expect([null, undefined, 0, "", false].map((value) => util.isNullOrUndefined!(value))).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("one intra-op thread, unless the user says otherwise; no GPU is seen by a CPU node", () => {
  const variables: NodeJS.ProcessEnv = { TF_NUM_INTRAOP_THREADS: "4" };
  prepareEnvironment("cpu", variables);
  expect(variables).toMatchObject({ TF_NUM_INTRAOP_THREADS: "4", TF_NUM_INTEROP_THREADS: "1", CUDA_VISIBLE_DEVICES: "-1" }); // prettier-ignore
});

test("a GPU's memory is taken as it is needed, and the pinned GPU stays pinned", () => {
  const variables: NodeJS.ProcessEnv = { CUDA_VISIBLE_DEVICES: "3" };
  prepareEnvironment("cuda", variables);
  expect(variables).toMatchObject({ CUDA_VISIBLE_DEVICES: "3", TF_FORCE_GPU_ALLOW_GROWTH: "true" });
});
