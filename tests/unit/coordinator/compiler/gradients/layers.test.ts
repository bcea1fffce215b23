// Every layer of tf.layers, and those of our own: values, gradients and second derivatives of inputs and weights, against float64.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { expect, test } from "vitest";
import { mendBatchNormalization } from "../../../../../coordinator/compiler/models/batch-normalization.ts";
import {
  type Tensorflow,
  tensorflow,
} from "../../../../../coordinator/compiler/models/users/model-context.ts";
import { assignWeights, namedWeights } from "../../../../../coordinator/compiler/models/weights.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { createGraphEngine } from "../../../../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../../../../worker/engine/reference-engine.ts";
import {
  type DerivativeCase,
  type Differentiable,
  compareDerivatives,
} from "../../../../support/derivatives.ts";
import { GAN_LAYERS } from "../../../../support/gan-layer-cases.ts";
import { LAYERS, type LayerCase } from "../../../../support/layer-cases.ts";

/** As for single ops; a normalization divides by a small deviation, and loses a digit more. */
const TOLERANCE = 2e-5;
const BATCH = 2;

type Tensor = Parameters<Differentiable>[1];

/** The layer as a function of its inputs and its weights. */
async function asFunction({
  name,
  inputs,
  build,
  fixed,
  range,
  training,
}: LayerCase): Promise<DerivativeCase> {
  await useCpuBackend();
  const models = new Map<Tensorflow, LayersModel>();
  const modelIn = (tf: Tensorflow): LayersModel => {
    const model = models.get(tf) ?? build(tf);
    mendBatchNormalization(model);
    models.set(tf, model);
    return model;
  };
  const shapes = inputs.map((shape) => [BATCH, ...shape]);
  const traced = tensorflow();
  const weights = namedWeights({ discriminator: modelIn(traced) });
  const moving = fixed ? [] : shapes;
  const f: Differentiable = (tf, ...tensors) => {
    // the tracer makes a context of its own for each trace: all of them are one tfjs
    const model = modelIn(tf.engine() === traced.engine() ? traced : tf);
    const own = namedWeights({ discriminator: model });
    const values = tensors.slice(moving.length);
    assignWeights(own, new Map(own.map((weight, i) => [weight.name, values[i]])));
    const given = fixed ? [tf.tensor([...fixed], shapes[0])] : tensors.slice(0, moving.length);
    const made = model.apply(given.length === 1 ? given[0] : given, { training: training ?? false });
    return Array.isArray(made) ? tf.concat(made as Tensor[], 1) : (made as Tensor);
  };
  return {
    name,
    inputs: [...moving, ...weights.map(({ variable }) => variable.shape as number[])],
    f,
    ...(range && { range }),
  };
}

const engines = [createReferenceEngine(), createGraphEngine("test")];

test.each([...LAYERS, ...GAN_LAYERS].map((one) => [one.name, one] as const))("%s", async (_layer, one) => {
  for (const [name, error] of Object.entries(await compareDerivatives(engines, await asFunction(one))))
    expect(error, name).toBeLessThan(TOLERANCE);
});
