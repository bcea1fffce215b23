// Whole phases of every preset: the graph engine, the reference engine and eager tfjs agree.
import { describe, expect, test } from "vitest";
import { buildNetworks } from "../../coordinator/compiler/models/networks.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { eagerStep } from "../support/eager-step.ts";
import { execute } from "../support/oracle.ts";
import { IMAGES, expectAgreement, expectSameStep, setting } from "../support/preset-step.ts";

const graph = createGraphEngine("test");
const reference = createReferenceEngine();

describe("one step on the graph engine agrees with the reference engine", () => {
  test.each([
    ["digits", 2],
    ["seed-cnn", 3],
  ])("%s, %i samples", (name, shard) => expectSameStep([graph, reference], name, shard));

  test("digits, a round of D and a round of G", async () => {
    const { programs, inputs } = await setting({
      ...findPreset("digits").config,
      schedule: { kind: "alternating" },
      batch: 2,
      shard: 2,
      sampleCount: 1,
    });
    expect(programs).toHaveLength(2);
    for (const [i, program] of programs.entries()) {
      expectAgreement(await execute(graph, program, inputs[i]), await execute(reference, program, inputs[i]));
    }
  });
});

describe("one step on the graph engine agrees with eager tfjs, nothing traced", () => {
  test.each(["digits", "seed-cnn"])("%s", async (name) => {
    const { config, programs, inputs } = await setting({
      ...findPreset(name).config,
      batch: 2,
      shard: 2,
      sampleCount: 1,
    });
    const actual = await execute(graph, programs[0], inputs[0]);
    const expected = await eagerStep(await buildNetworks(config, IMAGES), config, programs[0], inputs[0]);
    expectAgreement(actual, expected);
  });

  test("dcgan at an odd size that is not square", async () => {
    const images = { imageShape: [9, 17, 3], classes: 0 } as const; // 5×9, then 5×5: crops, and strides of 1 and 2
    const { config, programs, inputs } = await setting(
      {
        ...findPreset("dcgan").config,
        model: { kind: "preset", name: "dcgan", filters: 4 },
        batch: 2,
        shard: 2,
        sampleCount: 1,
      },
      images,
    );
    const actual = await execute(graph, programs[0], inputs[0]);
    const expected = await eagerStep(await buildNetworks(config, images), config, programs[0], inputs[0]);
    expectAgreement(actual, expected);
  });
});

test("G(z) is computed once for the losses of D and G", async () => {
  const { programs } = await setting({
    ...findPreset("seed-gan").config,
    schedule: { kind: "simultaneous" },
    batch: 1,
    shard: 1,
    sampleCount: 1,
  });
  // G has three transposed convolutions (each a Conv2DBackpropInput) and one convolution, whose input gradient is another.
  const forwardAndBack = programs[0].calls.filter(({ kernel }) => kernel === "Conv2DBackpropInput");
  expect(forwardAndBack).toHaveLength(4);
});

test("a program run twice gives the same bits", async () => {
  const { programs, inputs } = await setting({
    ...findPreset("digits").config,
    batch: 8,
    shard: 8,
    sampleCount: 1,
  });
  expect(await execute(graph, programs[0], inputs[0])).toEqual(await execute(graph, programs[0], inputs[0]));
});
