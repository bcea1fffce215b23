// Steps that come to what is not finite: the call to blame is found on every engine, and its cause told in words.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileRun } from "../../../../coordinator/compiler/compile-run.ts";
import { placeOf } from "../../../../coordinator/compiler/layer-places.ts";
import { causeText } from "../../../../coordinator/guard/divergence/cause.ts";
import { parseConfig } from "../../../../shared/config/config.ts";
import { DIAGNOSIS_LENGTH, readDiagnosis } from "../../../../shared/program/diagnosis.ts";
import { arraysFor, decodeProgram } from "../../../../shared/program/program.ts";
import { stream } from "../../../../shared/random/random.ts";
import { diagnose } from "../../../../worker/diagnosis/diagnose.ts";
import type { Engine } from "../../../../worker/engine/engine.ts";
import { createGraphEngine } from "../../../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../../../worker/engine/reference-engine.ts";
import { temporaryFolder } from "../../../support/cli.ts";

/** `at` is what is left to the fourth step: 3, 2, 1, 0, -1 …; `y` is 1 and more. */
const GAN = `
  export const generator = ({ tf, imageShape, latentSize }) => tf.sequential({ layers: [
    tf.layers.dense({ units: 16, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: imageShape })] });
  export const discriminator = ({ tf, imageShape, now }) => {
    class Odd extends tf.layers.Layer {
      static className = "Odd";
      call(inputs) { const [x, at] = [[inputs].flat()[0], tf.sub(3, now.step)]; return LAYER; }
    }
    return tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), new Odd({}), tf.layers.dense({ units: 1 })] });
  };
  export function losses({ tf, generator, discriminator, samples, noise, now }) {
    const at = tf.sub(3, now.step);
    const [real, fake] = [discriminator(samples), discriminator(generator(noise))];
    const y = real.mean().square().add(1);
    return {
      discriminator: real.neg().softplus().mean().add(fake.softplus().mean()).add(PENALTY),
      generator: fake.neg().softplus().mean(),
    };
  }`;

const ROOT = "takes the square root of 0, whose slope is infinite: write tf.sqrt(x.add(1e-12))";
const LOSS_ROOT = ROOT.replace("takes", "the losses take");

const CASES: readonly (readonly [what: string, at: number, losses: string, cause: string | RegExp | null])[] = [
  ["a root of 0", 3, "y.mul(tf.relu(at)).sqrt()", LOSS_ROOT],
  ["the norm of a vector of zeros", 3, "tf.norm(real.mul(at))", LOSS_ROOT],
  ["the standard deviation of what is all the same", 3, "tf.moments(real.mul(at)).variance.sqrt()", LOSS_ROOT],
  ["a root of a negative number", 4, "y.mul(at).sqrt()", /^the losses take the square root of -1(\.\d+)?: keep x from/],
  ["one over a root of 0", 3, "tf.rsqrt(y.mul(at))", "the losses take one over the square root of 0: write tf.rsqrt(tf.relu(x).add(1e-12))"],
  ["a logarithm of 0", 3, "y.mul(at).log()", "the losses take the logarithm of 0, which is infinite: write tf.log(x.add(1e-12))"],
  ["a logarithm of a negative number", 4, "y.mul(at).log()", /^the losses take the logarithm of -1(\.\d+)?: write tf.log\(tf.relu/],
  ["the slope of a logarithm of 0, whose value tf.where hides", 3, "tf.where(tf.greater(at, 9), y.mul(at).log(), y)", /^the losses take the logarithm of 0, .*also where tf.where hides its value/],
  ["one over 0", 3, "tf.reciprocal(y.mul(at))", "the losses take one over 0: write tf.reciprocal(x.add(1e-12))"],
  ["log1p of -1", 4, "tf.log1p(at.add(y.mul(0)))", /^the losses take tf.log1p of -1, which must stay above/],
  ["a division by 0", 3, "y.div(at)", /^the losses take \d(\.\d+)? divided by 0: add 1e-12 to what is divided by/],
  ["a power below 1 of 0", 3, "tf.pow(y.mul(at), 0.5)", /^the losses take 0 to the power of -0\.5, which is infinite \(the slope/],
  ["an overflow", 4, "tf.exp(y.mul(at.square().mul(100)))", /^numbers of up to 1\d\d go into Exp in the losses, and .* no float32 any more: training has diverged/],
  ["a root of 0 that no result needs", 3, "y.add(y.mul(at).sqrt().mul(0).less(9).cast('float32').mul(0))", null],
]; // prettier-ignore

describe.each([
  ["graph", createGraphEngine("test")],
  ["reference", createReferenceEngine()],
] as const)("on the %s engine", (_name, engine) => {
  test.each(CASES)("%s is found", async (_what, step, losses, cause) => {
    const told = await causeOf(engine, { step, losses });
    if (cause === null || typeof cause === "string") expect(told).toBe(cause);
    else expect(told).toMatch(cause);
  });

  test("a root of 0 in a layer is told with the layer as its weights are named", async () => {
    const told = await causeOf(engine, { step: 3, layer: "tf.mul(x, at).square().sqrt()", losses: "y" });
    expect(told).toBe(`the layer discriminator/01-odd ${ROOT}`);
  });

  test("a step that is finite has no cause", async () => {
    expect(await causeOf(engine, { step: 2, losses: "y.mul(at).sqrt()" })).toBeNull();
  });
});

interface Step {
  readonly step: number;
  readonly layer?: string;
  readonly losses: string;
}

async function causeOf(engine: Engine, { step, layer = "x", losses }: Step): Promise<string | null> {
  const file = join(await temporaryFolder(), "gan.mjs");
  await writeFile(file, GAN.replace("LAYER", layer).replace("PENALTY", losses));
  const model = { kind: "module", file } as const;
  const length = { kind: "steps", steps: 9 } as const;
  const config = parseConfig({ batch: 3, shard: 3, latentSize: 4, model, length });
  const run = await compileRun(config, { imageShape: [4, 4, 1], classes: 0 });
  const program = decodeProgram(run.programs.get(run.phases[0].program)!);
  const inputs = arraysFor(program, program.inputs);
  for (const [name, values] of Object.entries(inputs)) stream(7, name).fillNormal(values);
  inputs["now/step"]?.fill(step);
  const output = new Float32Array(DIAGNOSIS_LENGTH);
  await diagnose(engine, { program, inputs, output });
  const found = readDiagnosis(output);
  return found && causeText(program, found, (origin) => placeOf(run.places, origin));
}
