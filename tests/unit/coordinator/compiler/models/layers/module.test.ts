// A user's module that mixes our layers with those of tf.layers.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type CompiledRun, compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { type RunConfig, parseConfig } from "../../../../../../shared/config/config.ts";
import { startWarnings } from "../../../../../../coordinator/compiler/start-warnings.ts";
import { decodeProgram } from "../../../../../../shared/program/program.ts";

const FILE = fileURLToPath(new URL("../../../../../support/users-models/gan-layers.js", import.meta.url));
const IMAGES = { imageShape: [4, 6, 1], classes: 3 } as const;

const configOf = (shard: number): RunConfig => {
  const sizes = {
    batch: 8,
    shard,
    sampleCount: 3,
    length: { kind: "steps", steps: 1 },
    latentSize: 6,
  } as const;
  return parseConfig({ model: { kind: "module", file: FILE }, schedule: ALTERNATING, ...sizes });
};

const compile = (shard = 4): Promise<CompiledRun> => compileRun(configOf(shard), IMAGES);

const ALTERNATING = { kind: "alternating", discriminatorRounds: 1 } as const;

test("its weights have names of their own, and what training moves is state", async () => {
  const { layout, phases, programs } = await compile();
  expect(layout.slots.map(({ name, shape }) => `${name} ${shape.join("×")}`)).toMatchInlineSnapshot(`
    [
      "discriminator/01-spectralnorm/bias 4",
      "discriminator/01-spectralnorm/kernel 3×3×1×4",
      "discriminator/04-equalized/bias 6",
      "discriminator/04-equalized/kernel 2×2×5×6",
      "discriminator/06-spectralnorm/bias 6",
      "discriminator/06-spectralnorm/kernel 3×3×2×6",
      "discriminator/09-projection/bias 1",
      "discriminator/09-projection/embedding 3×6",
      "discriminator/09-projection/kernel 6×1",
      "generator/02-equalized/bias 8",
      "generator/02-equalized/kernel 6×8",
      "generator/03-learnedbasis/basis 2×3×8",
      "generator/03-learnedbasis/kernel 8×8",
      "generator/05-conditionalbatchnorm/beta_embedding 3×8",
      "generator/05-conditionalbatchnorm/gamma_embedding 3×8",
      "generator/07-selfattention/g_kernel 1×1×8×4",
      "generator/07-selfattention/gamma 1",
      "generator/07-selfattention/out_kernel 1×1×4×8",
      "generator/07-selfattention/phi_kernel 1×1×8×1",
      "generator/07-selfattention/theta_kernel 1×1×8×1",
      "generator/08-conv2dtranspose/bias 1",
      "generator/08-conv2dtranspose/kernel 4×4×1×8",
      "state/discriminator/01-spectralnorm/u 1×4",
      "state/discriminator/06-spectralnorm/u 1×6",
      "state/discriminator/09-projection/embedding_u 1×6",
      "state/discriminator/09-projection/kernel_u 1×1",
      "state/generator/05-conditionalbatchnorm/moving_mean 8",
      "state/generator/05-conditionalbatchnorm/moving_variance 8",
      "state/generator/07-selfattention/g_u 1×4",
      "state/generator/07-selfattention/out_u 1×8",
      "state/generator/07-selfattention/phi_u 1×1",
      "state/generator/07-selfattention/theta_u 1×1",
    ]
  `);
  const moved = phases.map(({ program }) =>
    decodeProgram(programs.get(program)!)
      .outputs.map(({ name }) => name)
      .filter((name) => name.startsWith("state/")),
  );
  expect(moved).toMatchInlineSnapshot(`
    [
      [
        "state/discriminator/01-spectralnorm/u",
        "state/discriminator/06-spectralnorm/u",
        "state/discriminator/09-projection/kernel_u",
        "state/discriminator/09-projection/embedding_u",
      ],
      [
        "state/generator/05-conditionalbatchnorm/moving_mean",
        "state/generator/05-conditionalbatchnorm/moving_variance",
        "state/generator/07-selfattention/theta_u",
        "state/generator/07-selfattention/phi_u",
        "state/generator/07-selfattention/g_u",
        "state/generator/07-selfattention/out_u",
      ],
    ]
  `);
});

test("its batch normalization is known as one", async () => {
  const { networks } = await compile();
  expect(networks["generator"].batchNormalization.map(({ rank }) => rank)).toEqual([4]);
});

test("a shard of one sample is warned of, for what is normalized and for what is compared", async () => {
  const warnings = startWarnings(await compile(1), configOf(1), 8);
  expect(warnings.map(({ code }) => code)).toEqual(["SHARD_OF_ONE", "SHARD_OF_ONE"]);
  expect(warnings[0].message).toContain("generator/conditional_batch_norm_");
  expect(warnings[1].message).toContain("minibatchStdDev compares the samples of one shard, and the shard is 1 sample: discriminator/minibatch_std_dev_"); // prettier-ignore
  expect(startWarnings(await compile(), configOf(4), 8)).toEqual([]);
});
