// Augmentation as a run's config asks for it: what D is shown in the traced phases, where p lies, what is refused.
import { describe, expect, test } from "vitest";
import { compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { type RunConfigInput, parseConfig } from "../../../../../../shared/config/config.ts";
import { type Program, arraysFor, decodeProgram } from "../../../../../../shared/program/program.ts";
import { fillRandomInputs } from "../../../../../../shared/program/random-inputs.ts";
import { viewOf } from "../../../../../../shared/protocol/layout.ts";
import { stream } from "../../../../../../shared/random/random.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import { execute } from "../../../../../support/oracle.ts";
import { relativeError } from "../../../../../support/relative-error.ts";

type Augment = NonNullable<RunConfigInput["augment"]>;
type Arrays = Record<string, Float32Array>;

const IMAGES = { imageShape: [8, 8, 3], classes: 0 } as const;
const STATE = "state/discriminator/objective/ada";
const engine = createGraphEngine("test");

interface Traced {
  readonly phases: Readonly<Record<string, Program>>;
  /** Inputs of a phase, with weights as they begin, and samples, noise and draws of a seed. */
  readonly inputsOf: (phase: string) => Arrays;
  readonly slots: readonly string[];
}

async function traced(augment: Augment, more: Partial<RunConfigInput> = {}): Promise<Traced> {
  const config = parseConfig({
    model: { kind: "preset", name: "dcgan", filters: 4 },
    length: { kind: "steps", steps: 10 },
    schedule: { kind: "alternating" },
    latentSize: 4,
    batch: 8,
    shard: 4,
    augment,
    ...more,
  });
  const run = await compileRun(config, IMAGES);
  const phases = Object.fromEntries(
    run.phases.map(({ name, program }) => [name, decodeProgram(run.programs.get(program)!)]),
  );
  const inputsOf = (phase: string): Arrays => {
    const inputs = arraysFor(phases[phase], phases[phase].inputs);
    for (const slot of run.layout.slots)
      if (slot.name in inputs) inputs[slot.name].set(viewOf(run.initialWeights, slot));
    for (const name of ["samples", "noise"]) if (name in inputs) stream(1, name).fillUniform(inputs[name]);
    fillRandomInputs(phases[phase], inputs, 2, [phase]);
    return inputs;
  };
  return { phases, inputsOf, slots: run.layout.slots.map(({ name }) => name) };
}

const run = ({ phases }: Traced, phase: string, inputs: Arrays): Promise<Arrays> =>
  execute(engine, phases[phase], inputs);

/** The outputs that train: gradients and losses. */
const learned = (outputs: Arrays): [string, Float32Array][] =>
  Object.entries(outputs).filter(([name]) => /^(gradient|metric\/loss)/.test(name));

describe("ADA with a p that adapts", () => {
  test("keeps p, the signs and their number among D's state, and writes them in rounds of D alone", async () => {
    const one = await traced({ kind: "ada" });
    const kept = ["probability", "rounds", "signs"].map((name) => `${STATE}/${name}`);
    expect(one.slots.filter((name) => name.includes("/objective/")).sort()).toEqual(kept);
    const written = (phase: string): string[] =>
      one.phases[phase].outputs.map(({ name }) => name).filter((name) => name.startsWith(STATE));
    expect(written("discriminator").sort()).toEqual(kept);
    expect(written("generator")).toEqual([]);
  });

  test("begins at p = 0, where the step is that of no augmentation", async () => {
    for (const phase of ["discriminator", "generator"]) {
      const [plain, augmented] = [await traced({ kind: "none" }), await traced({ kind: "ada" })];
      const expected = await run(plain, phase, plain.inputsOf(phase));
      const actual = await run(augmented, phase, augmented.inputsOf(phase));
      for (const [name, value] of learned(expected))
        expect(relativeError(actual[name], value), name).toBeLessThan(1e-5);
    }
  });

  test("trains both networks on augmented images once p is not 0", async () => {
    const one = await traced({ kind: "ada" });
    for (const phase of ["discriminator", "generator"]) {
      const inputs = one.inputsOf(phase);
      const before = await run(one, phase, inputs);
      inputs[`${STATE}/probability`][0] = 1;
      const after = await run(one, phase, inputs);
      for (const [name, value] of learned(before)) expect(after[name], name).not.toEqual(value);
    }
  });

  test("moves p by the mean of the last rounds' signs, and begins to count anew with this round's", async () => {
    const one = await traced({ kind: "ada", images: 320 }); // 4 rounds of 8 images: a tenth
    const inputs = one.inputsOf("discriminator");
    const set = (probability: number, signs: number, rounds: number): void => {
      inputs[`${STATE}/probability`][0] = probability;
      inputs[`${STATE}/signs`][0] = signs;
      inputs[`${STATE}/rounds`][0] = rounds;
    };
    const after = async (): Promise<number[]> => {
      const outputs = await run(one, "discriminator", inputs);
      expect(outputs["metric/augment/p"]).toEqual(outputs[`${STATE}/probability`]);
      const sign = outputs["metric/augment/sign"][0];
      return [outputs[`${STATE}/probability`][0], outputs[`${STATE}/signs`][0] - sign, outputs[`${STATE}/rounds`][0]]; // prettier-ignore
    };
    const close = (values: number[]): number[] => values.map((value) => Number(value.toFixed(5)));
    set(0.5, 2, 3);
    expect(close(await after())).toEqual([0.5, 2, 4]);
    set(0.5, 2.5, 4); // 0.625 a round is more than 0.6
    expect(close(await after())).toEqual([0.6, 0, 1]);
    set(0.5, 2.3, 4); // 0.575
    expect(close(await after())).toEqual([0.4, 0, 1]);
  });

  test.each(["wasserstein", "relativistic-pairing", "relativistic-average"] as const)(
    "is refused with the loss %s, whose outputs mean nothing by themselves",
    async (loss) => {
      await expect(traced({ kind: "ada" }, { loss })).rejects.toThrow(
        "give p itself, with --augment-probability 0.2",
      );
      await expect(traced({ kind: "ada", probability: 0.2 }, { loss })).resolves.toBeDefined();
    },
  );

  test("takes signs from a half on with the least squares' outputs, which are to be 0 and 1", async () => {
    const one = await traced({ kind: "ada" }, { loss: "least-squares" });
    const inputs = one.inputsOf("discriminator");
    for (const [name, values] of Object.entries(inputs))
      if (/^discriminator.*dense/.test(name)) values.fill(name.endsWith("bias") ? 0.25 : 0); // D(x) = 0.25
    expect((await run(one, "discriminator", inputs))["metric/augment/sign"][0]).toBe(-1);
  });
});

test("a p that is given or follows a ramp is used as it is, and shown", async () => {
  const fixed = await traced({ kind: "ada", probability: 0.25 });
  const ramp = await traced({ kind: "ada", probability: { kind: "cosine", from: 0, to: 0.3 } });
  const outputs = await run(fixed, "discriminator", fixed.inputsOf("discriminator"));
  expect(outputs["metric/augment/p"][0]).toBe(0.25);
  const inputs = ramp.inputsOf("discriminator");
  inputs["now/config/augment.probability"][0] = 0.25;
  const actual = await run(ramp, "discriminator", inputs);
  for (const [name, value] of learned(outputs)) expect(actual[name], name).toEqual(value);
  expect(actual["metric/augment/p"][0]).toBe(0.25);
});

test("a lazy regularizer looks at augmented images, and leaves p to the rounds of D", async () => {
  const one = await traced({ kind: "ada" }, { regularizers: { r1: { gamma: 1, every: 2 } } });
  const outputs = one.phases["discriminator r1"].outputs.map(({ name }) => name);
  expect(outputs.filter((name) => name.startsWith(STATE))).toEqual([]);
  const inputs = one.inputsOf("discriminator r1");
  const before = await run(one, "discriminator r1", inputs);
  inputs[`${STATE}/probability`][0] = 1;
  const after = await run(one, "discriminator r1", inputs);
  expect(after["metric/penalty/r1"]).not.toEqual(before["metric/penalty/r1"]);
});

test("R1 in every step takes the slope at the very images that D has judged", async () => {
  const plain = await traced({ kind: "diff-augment" });
  const penalized = await traced({ kind: "diff-augment" }, { regularizers: { r1: { gamma: 1, every: 1 } } });
  const draws = (of: Traced): number =>
    of.phases["discriminator"].inputs.filter(({ random }) => random !== undefined).length;
  expect(draws(penalized)).toBe(draws(plain));
});

test("DiffAugment augments real and generated images, in both networks' rounds", async () => {
  const one = await traced({ kind: "diff-augment", policy: ["translation"] });
  const draws = (phase: string): number =>
    one.phases[phase].inputs.filter(({ random }) => random !== undefined).length;
  expect([draws("discriminator"), draws("generator")]).toEqual([2, 1]);
});
