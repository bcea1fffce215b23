// `losses` of a module's losses: the table of adversarial losses as functions of D's outputs.
import type * as tf from "@tensorflow/tfjs-core";
import { LOSS_NAMES, type LossName, lossOf } from "../../../../shared/config/objectives/losses.ts";
import { shapeText } from "../../models/users/failures.ts";
import type { Tensorflow } from "../../models/users/model-context.ts";
import { checkOptions, namedFunctions, slip } from "./checked-options.ts";
import type { LossFunction, LossFunctions, Outputs } from "./function-types.ts";

export function lossFunctions(tfjs: Tensorflow): LossFunctions {
  const entries = LOSS_NAMES.map((name) => [camelCase(name), lossFunction(tfjs, name)] as const);
  return namedFunctions("losses", Object.fromEntries(entries) as unknown as LossFunctions);
}

function lossFunction(tfjs: Tensorflow, loss: LossName): LossFunction {
  const name = `losses.${camelCase(loss)}`;
  const { discriminator, generator, hasTargets = false, perFake } = lossOf(loss);
  return (judged) => {
    checkOptions(name, judged, { real: "outputs", fake: "outputs" }, { targets: "targets" });
    if (judged.targets && !hasTargets)
      throw slip(
        `${name} has no targets to smooth: leave targets out, or take nonSaturating, minimax or leastSquares`,
      );
    const targets = judged.targets && { real: 1, fake: 0, ...judged.targets };
    const pairs = paired(name, judged.real, judged.fake, perFake === undefined);
    const mean = (scalars: tf.Tensor[]): tf.Tensor => tfjs.div(tfjs.addN(scalars), scalars.length);
    return {
      discriminator: mean(pairs.map(([real, fake]) => discriminator(tfjs, real, fake, targets))),
      generator: mean(pairs.map(([real, fake]) => generator(tfjs, real, fake))),
    };
  };
}

/** Output by output; where images are compared one by one, as many of both kinds. */
function paired(name: string, real: Outputs, fake: Outputs, areCompared: boolean): [tf.Tensor, tf.Tensor][] {
  const [reals, fakes] = [real, fake].map((outputs) => [outputs].flat() as tf.Tensor[]);
  if (reals.length !== fakes.length)
    throw slip(
      `${name} is given ${reals.length} outputs of D for real images and ${fakes.length} for generated ones`,
    );
  return reals.map((one, i) => {
    const [ofReal, ofFake] = [one.shape, fakes[i].shape].map(shapeText);
    if (areCompared && ofReal !== ofFake)
      throw slip(`${name} compares real with generated images, and is given outputs ${ofReal} and ${ofFake}`);
    return [one, fakes[i]];
  });
}

function camelCase(name: string): string {
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
