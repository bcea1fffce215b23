// ADA's pipeline: nothing at p = 0, everything at p = 1, new draws in every step.
import { expect, test } from "vitest";
import { tensorflow } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { ada } from "../../../../../../coordinator/compiler/objectives/augment/ada/ada.ts";
import { traceProgram } from "../../../../../../coordinator/compiler/trace/trace.ts";
import { arraysFor } from "../../../../../../shared/program/program.ts";
import { fillRandomInputs } from "../../../../../../shared/program/random-inputs.ts";
import { stream } from "../../../../../../shared/random/random.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import { execute } from "../../../../../support/oracle.ts";

const context = tensorflow();
const graph = createGraphEngine("test");

/** What comes of images [16, H, W, C] on the graph engine, at p, with the draws of a step. */
async function augmented(
  shape: number[],
  p: number,
  step = 1,
): Promise<{ given: Float32Array; made: Float32Array }> {
  const program = await traceProgram(({ input }) => ({
    made: ada(context, input("images", shape), input("p", [])),
  }));
  const inputs = arraysFor(program, program.inputs);
  inputs["images"].set(drawn("images", inputs["images"].length));
  inputs["p"][0] = p;
  fillRandomInputs(program, inputs, 5, [step]);
  return { given: inputs["images"], made: (await execute(graph, program, inputs))["made"] };
}

test.each([1, 2, 3, 4, 5])("at p = 0 images of %i channels are the same to the bit", async (channels) => {
  const { given, made } = await augmented([16, 6, 5, channels], 0);
  expect(made).toEqual(given);
});

test("at p = 1/2 some samples of a square image are untouched by geometry, at p = 1 none", async () => {
  const size = 8 * 8 * 3;
  const touched = async (p: number): Promise<number> => {
    const { given, made } = await augmented([16, 8, 8, 3], p);
    return Array.from({ length: 16 }, (_, i) => i * size).filter((from) =>
      made.subarray(from, from + size).some((value, j) => value !== given[from + j]),
    ).length;
  };
  expect(await touched(1)).toBe(16);
  const few = await touched(0.05); // 1 - 0.95^12 of them: 46 %
  expect(few).toBeGreaterThan(0);
  expect(few).toBeLessThan(16);
});

test("other draws, other images; the same draws, the same bits", async () => {
  const [first, again, other] = [
    await augmented([4, 6, 6, 3], 0.8),
    await augmented([4, 6, 6, 3], 0.8),
    await augmented([4, 6, 6, 3], 0.8, 2),
  ];
  expect(again.made).toEqual(first.made);
  expect(other.made).not.toEqual(first.made);
});

test("every number of the result is finite", async () => {
  expect((await augmented([400, 5, 9, 4], 1)).made.every(Number.isFinite)).toBe(true);
});

test("families that are left out are not done", async () => {
  const program = await traceProgram(({ input }) => ({
    made: ada(context, input("images", [2, 4, 4, 3]), 1, ["colour"]),
  }));
  const kernels = new Set(program.calls.map(({ kernel }) => kernel));
  expect(kernels.has("GatherV2")).toBe(false);
  expect(kernels.has("Cos")).toBe(true); // of hues
});

function drawn(name: string, count: number): Float32Array {
  const array = new Float32Array(count);
  stream(7, name).fillNormal(array);
  return array;
}
