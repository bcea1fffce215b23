// `now` in networks and losses: inputs of the programs that read it, and of no other; refused where no step is computed.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CompiledRun, compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { programFingerprints } from "../../../../../../coordinator/records/fingerprints.ts";
import { parseConfig } from "../../../../../../shared/config/config.ts";
import type { ValueSchedule } from "../../../../../../shared/config/values.ts";
import { type Program, decodeProgram, sizeOf } from "../../../../../../shared/program/program.ts";
import { viewOf } from "../../../../../../shared/protocol/layout.ts";
import { openEngine } from "../../../../../../worker/engine/open-engine.ts";
import { temporaryFolder } from "../../../../../support/cli.ts";
import { execute } from "../../../../../support/oracle.ts";

const IMAGES = { imageShape: [4, 4, 1], classes: 0 } as const;
const FADE: ValueSchedule = { kind: "linear", from: 0, to: 1, startStep: 0 };

const DISCRIMINATOR = `export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
  tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`;

const generator = (extra = ""): string => `export const generator = ({ tf, latentSize, imageShape, now }) => {
  ${extra}
  return tf.sequential({ layers: [ tf.layers.dense({ units: 16, inputShape: [latentSize] }),
    tf.layers.reshape({ targetShape: imageShape })] }); };`;

const losses = (extra: string): string => `export const losses = ({ tf, generator, discriminator, samples, noise, now }) => {
  const [real, fake] = [discriminator(samples), discriminator(generator(noise))];
  ${extra}
  return { discriminator: real.neg().softplus().mean().add(fake.softplus().mean()), generator: fake.neg().softplus().mean() }; };`; // prettier-ignore

async function compile(source: string, values: Record<string, ValueSchedule> = {}): Promise<CompiledRun> {
  const file = join(await temporaryFolder(), "gan.mjs");
  await writeFile(file, source);
  const config = parseConfig({
    model: { kind: "module", file },
    latentSize: 3,
    batch: 4,
    shard: 4,
    sampleCount: 2,
    length: { kind: "steps", steps: 10 },
    values,
  });
  return compileRun(config, IMAGES);
}

function programsOf(run: CompiledRun): { readonly phase: Program; readonly samples: Program } {
  const [phase, samples] = [run.phases[0].program, run.generate!.program].map((hash) =>
    decodeProgram(run.programs.get(hash)!),
  );
  return { phase, samples };
}

function nowNames({ inputs }: Program): string[] {
  return inputs.map(({ name }) => name).filter((name) => name.startsWith("now/"));
}

/** Metrics of the phase with these values of `now`, and everything else the same. */
async function metricsWith(run: CompiledRun, now: Record<string, number>): Promise<Record<string, number>> {
  const { phase } = programsOf(run);
  const slots = new Map(run.layout.slots.map((slot) => [slot.name, slot]));
  const inputs = Object.fromEntries(
    phase.inputs.map(({ name, value }) => {
      const size = sizeOf(phase.values[value].shape);
      const slot = slots.get(name);
      if (slot) return [name, viewOf(run.initialWeights, slot)];
      if (name.startsWith("now/")) return [name, Float32Array.of(now[name.slice(4)])];
      return [name, Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1))];
    }),
  );
  const engine = await openEngine({ engine: "reference", device: "cpu" });
  const outputs = await execute(engine, phase, inputs);
  const metrics = Object.entries(outputs).filter(([name]) => name.startsWith("metric/"));
  return Object.fromEntries(metrics.map(([name, [value]]) => [name.slice("metric/".length), value]));
}

test("a run that does not read it has the programs that it has without any value", async () => {
  const source = `${generator()}${DISCRIMINATOR}${losses("")}`;
  const [plain, valued] = [await compile(source), await compile(source, { fade: FADE })];
  expect(programFingerprints(valued)).toEqual(programFingerprints(plain));
  expect(nowNames(programsOf(plain).phase)).toEqual([]);
});

test("a program has what it reads as scalar inputs, once each", async () => {
  const run = await compile(`${generator()}${DISCRIMINATOR}
    export const losses = ({ tf, generator, discriminator, samples, noise, now }) => {
      const fake = discriminator(generator(noise));
      return { discriminator: discriminator(samples).neg().add(fake).mean().mul(now.step.add(now.step)).add(now.values.fade),
        generator: fake.neg().mean() }; };`, { fade: FADE, other: FADE }); // prettier-ignore
  const { phase, samples } = programsOf(run);
  expect(nowNames(phase).sort()).toEqual(["now/step", "now/values/fade"]);
  expect(nowNames(samples)).toEqual([]);
  for (const { name, value } of phase.inputs)
    if (name.startsWith("now/")) expect(phase.values[value]).toEqual({ shape: [], dtype: "float32" });
});

describe("is refused, with where it may be read,", () => {
  const where = "read it in a layer's call() or in losses";
  test.each<[string, string, string]>([
    ["in a builder", `${generator("now.step;")}${DISCRIMINATOR}`, `now.step is read where no step is computed: ${where}`],
    ["a value in a builder", `${generator("now.values.fade;")}${DISCRIMINATOR}`, `now.values.fade is read where no step is computed`],
    ["a value that the run has not", `${generator()}${DISCRIMINATOR}${losses("now.values.fate;")}`, "the run has no value of that name (its values are fade): give it one with --value fate=1"],
    ["compared by an operator", `${generator()}${DISCRIMINATOR}${losses("if (now.step > 3) return;")}`, "now.step is a tensor, with another value in each step, and JavaScript's operators know no tensors"],
    ["multiplied by an operator", `${generator()}${DISCRIMINATOR}${losses("2 * now.values.fade;")}`, "write now.values.fade.mul(2)"],
  ])("%s", async (_what, source, says) => {
    await expect(compile(source, { fade: FADE })).rejects.toThrow(says);
  }); // prettier-ignore
});

describe("the examples of docs/changing.md", () => {
  const example = async (name: string): Promise<string> => {
    const page = await readFile(new URL("../../../../../../docs/changing.md", import.meta.url), "utf8");
    const blocks = [...page.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, body]) => body);
    return blocks.find((body) => body.startsWith(`// ${name}.mjs`))!;
  };

  test("a branch fades in: in training and in the samples", async () => {
    const run = await compile(await example("fade"), { fade: FADE });
    expect(nowNames(programsOf(run).samples)).toEqual(["now/values/fade"]);
    const [coarse, half, fine] = await Promise.all(
      [0, 0.5, 1].map((fade) => metricsWith(run, { "values/fade": fade })),
    );
    expect(coarse["loss/generator"]).not.toBe(half["loss/generator"]);
    expect(half["loss/generator"]).not.toBe(fine["loss/generator"]);
  });

  test("instance noise is annealed", async () => {
    const run = await compile(await example("noisy"), { sigma: FADE });
    const [loud, none] = [await metricsWith(run, { "values/sigma": 0.5 }), await metricsWith(run, { "values/sigma": 0 })]; // prettier-ignore
    expect(loud["sigma"]).toBe(0.5);
    expect(loud["loss/discriminator"]).not.toBe(none["loss/discriminator"]);
  });

  test("R1 counts sixteenfold in each sixteenth step, and not in the others", async () => {
    const run = await compile(await example("lazy"));
    const [due, not, again] = await Promise.all([0, 15, 32].map((step) => metricsWith(run, { step })));
    expect(due["lazy"]).toBe(Math.fround(16 * due["r1"]));
    expect(not["lazy"]).toBe(0);
    expect(not["r1"]).toBe(due["r1"]);
    expect(again).toEqual(due);
  });
});
