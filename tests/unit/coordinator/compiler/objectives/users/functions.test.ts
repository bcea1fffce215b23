// `losses` and `regularizers` of a module's losses: the same numbers as the config's, and an error for each slip.
import type * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import type {
  LossContext,
  Losses,
} from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { checkedLosses } from "../../../../../../coordinator/compiler/models/users/module-losses.ts";
import { expectAgreement } from "../../../../../support/preset-step.ts";
import { computePhases, objectiveConfig } from "../../../../../support/objective-step.ts";
import type { RunConfigInput } from "../../../../../../shared/config/config.ts";

/** Where no type is looked at. */
// oxlint-disable-next-line typescript/no-explicit-any -- what a module in JavaScript can write is anything
type FromJavaScript = any;

type Parts = { readonly discriminator?: tf.Tensor; readonly generator?: tf.Tensor };

/** A module's losses: the named one, with penalties added. */
const written =
  (
    name: keyof LossContext["losses"],
    penalties: (
      context: LossContext,
      judged: { made: tf.Tensor; real: tf.Tensor; fake: tf.Tensor },
    ) => Parts = () => ({}),
  ): Losses =>
  (context) => {
    const { generator, discriminator, samples, noise, losses } = context;
    const made = generator(noise);
    const [real, fake] = [discriminator(samples), discriminator(made)];
    const whole = losses[name]({ real, fake });
    const parts = penalties(context, { made, real, fake });
    return {
      discriminator: parts.discriminator ? whole.discriminator.add(parts.discriminator) : whole.discriminator,
      generator: parts.generator ? whole.generator.add(parts.generator) : whole.generator,
    };
  };

/** Of all phases: gradients and losses. */
async function learned(
  changes: Partial<RunConfigInput>,
  losses?: Losses,
): Promise<Record<string, Float32Array>> {
  const phases = await computePhases(objectiveConfig(changes), losses && { losses });
  const outputs = phases.flatMap(({ plan, outputs: all }) =>
    Object.entries(all)
      .filter(([name]) => name.startsWith("gradient/") || name.startsWith("metric/loss/"))
      .map(([name, values]) => [`${plan.name} ${name}`, values] as const),
  );
  return Object.fromEntries(outputs);
}

describe("gives the gradients of the config's field:", () => {
  test.each([
    ["non-saturating", "nonSaturating"],
    ["minimax", "minimax"],
    ["least-squares", "leastSquares"],
    ["hinge", "hinge"],
    ["wasserstein", "wasserstein"],
    ["relativistic-average", "relativisticAverage"],
    ["relativistic-pairing", "relativisticPairing"],
  ] as const)("%s", async (loss, name) => {
    expectAgreement(await learned({}, written(name)), await learned({ loss }));
  });

  test.each<[string, NonNullable<RunConfigInput["regularizers"]>, Losses]>([
    ["R1", { r1: { gamma: 3 } }, written("hinge", ({ regularizers, discriminator, samples }) => ({ discriminator: regularizers.r1({ discriminator, samples, gamma: 3 }) }))],
    ["R2", { r2: {} }, written("hinge", ({ regularizers, discriminator }, { made }) => ({ discriminator: regularizers.r2({ discriminator, fake: made }) }))],
    ["WGAN-GP", { gradientPenalty: { target: 0.5 } }, written("hinge", ({ regularizers, discriminator, samples }, { made }) => ({ discriminator: regularizers.gradientPenalty({ discriminator, samples, fake: made, target: 0.5 }) }))],
    ["DRAGAN", { dragan: {} }, written("hinge", ({ regularizers, discriminator, samples }) => ({ discriminator: regularizers.dragan({ discriminator, samples }) }))],
    ["bCR", { consistency: {} }, written("hinge", ({ regularizers, discriminator, samples }, { made }) => ({ discriminator: regularizers.consistency({ discriminator, samples, fake: made }) }))],
  ])("%s", async (_, regularizers, losses) => {
    expectAgreement(await learned({}, losses), await learned({ loss: "hinge", regularizers }));
  }); // prettier-ignore

  test("label smoothing", async () => {
    const smooth: Losses = ({ generator, discriminator, samples, noise, losses }) =>
      losses.nonSaturating({
        real: discriminator(samples),
        fake: discriminator(generator(noise)),
        targets: { real: 0.9 },
      });
    expectAgreement(await learned({}, smooth), await learned({ regularizers: { labelSmoothing: {} } }));
  });

  test("instance noise", async () => {
    const noisy: Losses = ({ generator, discriminator, samples, noise, losses, regularizers }) =>
      losses.hinge({
        real: discriminator(regularizers.instanceNoise({ images: samples })),
        fake: discriminator(regularizers.instanceNoise({ images: generator(noise) })),
      });
    expectAgreement(
      await learned({}, noisy),
      await learned({ loss: "hinge", regularizers: { instanceNoise: {} } }),
    );
  });
});

describe("each slip is told with the remedy:", () => {
  const slip = (call: (context: FromJavaScript) => tf.Tensor): Promise<unknown> =>
    learned(
      {},
      checkedLosses(
        (context) => ({ ...written("hinge")(context), discriminator: call(context) }),
        "/models/my-gan.js",
      ),
    );
  test.each<[string, (context: FromJavaScript) => tf.Tensor, string]>([ 
    ["a loss that is not there", ({ losses }) => losses.hinges(), "there is no losses.hinges: did you mean losses.hinge?"],
    ["a regularizer that is not there", ({ regularizers }) => regularizers.gp(), "there is no regularizers.gp: did you mean"],
    ["one with state", ({ regularizers }) => regularizers.lecam(), "there is no regularizers.lecam for losses of a module: it keeps a number from step to step"],
    ["tensors in a row", ({ losses, samples }) => losses.hinge(samples, samples), "losses.hinge takes one object with all it needs: losses.hinge({ real, fake, targets })"],
    ["an option's other name", ({ losses, samples }) => losses.hinge({ real: samples, fakes: samples }), "losses.hinge has no option fakes: did you mean fake?"],
    ["no output", ({ losses, samples }) => losses.hinge({ real: samples }), "losses.hinge is given undefined as fake, and needs the discriminator's output"],
    ["targets without effect", ({ losses, samples }) => losses.hinge({ real: samples, fake: samples, targets: { real: 0.9 } }).discriminator, "losses.hinge has no targets to smooth"],
    ["targets out of range", ({ losses, samples }) => losses.minimax({ real: samples, fake: samples, targets: { real: 9 } }).discriminator, "as targets, and needs numbers { real, fake } from 0 to 1"],
    ["an output in place of the network", ({ regularizers, samples }) => regularizers.r1({ discriminator: samples, samples }), "regularizers.r1 is given a tensor of shape [4, 6, 6, 2] as discriminator, and needs a function of images"],
    ["a weight that is no number", ({ regularizers, discriminator, samples }) => regularizers.r1({ discriminator, samples, gamma: "10" }), "regularizers.r1 is given string as gamma, and needs a number or a scalar tensor"],
    ["no images", ({ regularizers, discriminator, noise }) => regularizers.r1({ discriminator, samples: noise }), "is given a tensor of shape [4, 5] as samples, and needs images [B, H, W, C]"],
    ["images that are not looked at", ({ regularizers, discriminator, samples }) => regularizers.r1({ discriminator: () => discriminator(samples.add(0)), samples: samples.mul(2) }), "does not depend on the images that it is given"],
    ["a discriminator that returns nothing", ({ regularizers, samples }) => regularizers.r1({ discriminator: () => undefined, samples }), "is given undefined as what discriminator returns"],
    ["images of different shapes", ({ regularizers, discriminator, samples }) => regularizers.gradientPenalty({ discriminator, samples, fake: samples.slice([0, 0, 0, 0], [4, 3, 3, 2]) }), "of shape [6, 6, 2] and generated ones of [3, 3, 2]"],
    ["outputs that cannot be compared", ({ losses, discriminator, samples }) => losses.relativisticPairing({ real: discriminator(samples), fake: discriminator(samples).slice([0, 0], [2, 1]) }).discriminator, "losses.relativisticPairing compares real with generated images, and is given outputs [4, 1] and [2, 1]"],
  ])("%s", async (_, call, message) => {
    await expect(slip(call)).rejects.toThrow(message);
  }); // prettier-ignore

  test("with the line of the module's file", async () => {
    await expect(slip(({ losses }) => losses.hinge({}))).rejects.toThrow(/^losses of my-gan\.js: /);
  });
});
