// One step of every preset on libtensorflow: against another engine, twice, and without a leak.
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import type { ImageSpec } from "../../coordinator/compiler/models/networks.ts";
import { findPreset, presets } from "../../shared/config/presets.ts";
import type { Engine } from "../../worker/engine/engine.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { findTensorflow } from "../../worker/engine/tensorflow/installation.ts";
import type { Binding } from "../../worker/engine/tensorflow/native.ts";
import { createTensorflowEngine } from "../../worker/engine/tensorflow/tensorflow-engine.ts";
import { execute } from "../support/oracle.ts";
import { IMAGES, expectAgreement, setting } from "../support/preset-step.ts";

const tensorflow = createTensorflowEngine("test", "cpu");
const reference = createReferenceEngine();
const graph = createGraphEngine("test");
/** Pure JavaScript takes half a minute for two of these. */
const SAMPLES: Readonly<Record<string, number>> = { "seed-gan": 1 };
/** What follows the size of the images is tried on small ones, with few filters. */
const SMALL: ImageSpec = { imageShape: [9, 12, 1], classes: 10 };

const simultaneous = (preset: string, shard: number): ReturnType<typeof setting> => {
  const { config, forData } = findPreset(preset);
  const { model } = config;
  return setting(
    {
      ...config,
      ...(forData && model.kind === "preset" && { model: { ...model, filters: 8 } }),
      ...(config.task !== "classifier" && { schedule: { kind: "simultaneous" } }),
      batch: shard,
      shard,
      sampleCount: 1,
    },
    forData ? SMALL : IMAGES,
  );
};

/** Those that follow the size of the images against the graph engine: pure JavaScript takes minutes for their second order. */
const another = (preset: string): Engine => (findPreset(preset).forData ? graph : reference);

test.each(presets().map(({ name }) => name))("%s agrees with another engine", async (name) => {
  const { programs, inputs } = await simultaneous(name, SAMPLES[name] ?? 2);
  const actual = await execute(tensorflow, programs[0], inputs[0]);
  expectAgreement(actual, await execute(another(name), programs[0], inputs[0]));
  expect(Object.keys(actual).filter((output) => output.startsWith("gradient/")).length).toBeGreaterThan(5);
});

test("a program run twice gives the same bits", async () => {
  const { programs, inputs } = await simultaneous("digits", 8);
  expect(await execute(tensorflow, programs[0], inputs[0])).toEqual(
    await execute(tensorflow, programs[0], inputs[0]),
  );
});

test("a run leaves no tensor behind in libtensorflow, and disposing frees the constants", async () => {
  const binding = createRequire(import.meta.url)(findTensorflow().binding) as Binding;
  const { programs, inputs } = await simultaneous("digits", 2);
  const [program] = programs;
  const outputs = await execute(tensorflow, program, inputs[0]);
  const before = binding.getNumOfTensors();
  const executable = await tensorflow.prepare(program, { inputs: inputs[0], outputs });
  await executable.run();
  const ready = binding.getNumOfTensors(); // constants are handed over at their first use
  await executable.run();
  expect(binding.getNumOfTensors()).toBe(ready);
  await executable.dispose();
  expect(binding.getNumOfTensors()).toBe(before);
});
