// The traces of a run: a phase's gradients, the generator's forward pass, the classifier's evaluation.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { RunConfig } from "../../../shared/config/config.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { namingLayers, placingErrors, shapeText } from "../models/users/failures.ts";
import type { InnerWeights } from "../models/inner-weights.ts";
import type { NowInputs } from "../models/users/now.ts";
import type { Losses } from "../models/users/model-context.ts";
import type { ImageSpec, Networks } from "../models/networks.ts";
import { type NamedWeight, assignWeights } from "../models/weights.ts";
import { differenceOf } from "../trace/difference.ts";
import type { Program } from "../../../shared/program/program.ts";
import { GRADIENT_PREFIX, METRIC_PREFIX } from "../../../shared/protocol/slot-names.ts";
import { type TraceContext, traceProgram } from "../trace/trace.ts";
import { withOtherClock } from "../trace/other-clock.ts";
import { withQuietConsole } from "../quiet-console.ts";
import type { ObjectiveState } from "./objective-state.ts";
import { type Phase, type ShardInputs, objectiveOf } from "./phases.ts";

/** Samples an `evaluate` lease reads. */
export const EVALUATION_BATCH = 250;

/** What the traces of one run have in common. */
export interface RunModels {
  readonly config: RunConfig;
  readonly images: ImageSpec;
  readonly networks: Networks;
  readonly losses: Losses | null;
  readonly now: NowInputs;
  readonly state: ObjectiveState;
  /** Of networks and objective. */
  readonly weights: readonly NamedWeight[];
  /** Layers that run inside of the networks'. */
  readonly inner: InnerWeights["layers"];
  /** These were built and traced already, and the caller compares: one trace is enough. */
  readonly isRepetition: boolean;
}

/** One shard's gradients, metrics and new moving statistics, from weights, samples and noise. */
export async function tracePhase(phase: Phase, models: RunModels): Promise<Program> {
  const { config, images, networks, losses: own, weights, inner } = models;
  const program = await traceNetworks(`phase ${phase.name}`, models, (context) => {
    const given = bindWeights(context, weights);
    const inputs: ShardInputs = {
      samples: context.input("samples", [config.shard, ...images.imageShape]),
      noise: context.input("noise", [config.shard, config.latentSize]),
      ...(images.classes > 0 && { labels: context.input("labels", [config.shard, images.classes]) }),
    };
    const { gradients } = context;
    const { losses, metrics } = objectiveOf(phase, {
      networks,
      inner,
      inputs,
      config,
      state: models.state,
      now: models.now,
      gradients,
      ...(own && { losses: own }),
    });

    const outputs: Record<string, tf.Tensor> = {};
    for (const { name, network, trainable, variable } of weights) {
      const before = given.get(name)!;
      const after = variable.read();
      if (after.dataId === before.dataId) continue;
      if (trainable) throw writtenWeight(name);
      if (phase.trains.includes(network)) outputs[name] = after;
    }
    for (const [network, loss] of Object.entries(losses)) {
      if (phase.penalty === undefined) outputs[`${METRIC_PREFIX}loss/${network}`] = loss;
      Object.assign(outputs, gradientsOf(context, network as NetworkName, loss, weights, given));
    }
    for (const [name, metric] of Object.entries(metrics)) outputs[METRIC_PREFIX + name] = metric;
    return outputs;
  });
  checkLearns(phase, program);
  return program;
}

/** G(z) of `batch` vectors as it is used, not trained: normalized with the moving statistics. */
export function traceGenerator(generator: LayersModel, batch: number, models: RunModels): Promise<Program> {
  const { config, images, weights } = models;
  return traceNetworks("drawing of samples", models, (context) => {
    bindWeights(
      context,
      weights.filter(({ network }) => network === "generator"),
    );
    const inputs = [context.input("noise", [batch, config.latentSize])];
    if (generator.inputs.length > 1) inputs.push(context.input("labels", [batch, images.classes]));
    const made = generator.apply(inputs.length === 1 ? inputs[0] : inputs, { training: false }) as
      | tf.Tensor
      | tf.Tensor[];
    const [drawn] = Array.isArray(made) ? made : [made];
    const wanted = [batch, ...images.imageShape];
    if (wanted.length !== drawn.shape.length || wanted.some((size, axis) => size !== drawn.shape[axis])) {
      throw new GanglionError(
        "MODEL",
        `the generator makes ${shapeText(drawn.shape)} of ${batch} noise vectors, and ${shapeText(wanted)} is needed`,
      );
    }
    return { images: drawn };
  });
}

/**
 * What a discriminator or classifier says of images, as it is used, not trained: [B, …] for each of its outputs, named
 * `scores`, and where it has several `scores_2`, `scores_3`.
 */
export function traceJudgement(
  name: Exclude<NetworkName, "generator">,
  batch: number,
  models: RunModels,
): Promise<Program> {
  const { images, networks, weights } = models;
  const model = networks[name]!;
  return traceNetworks(`what the ${name} says of images`, models, (context) => {
    bindWeights(
      context,
      weights.filter(({ network }) => network === name),
    );
    const inputs = [context.input("images", [batch, ...images.imageShape])];
    if (model.inputs.length > 1) inputs.push(context.input("labels", [batch, images.classes]));
    const said = model.apply(inputs.length === 1 ? inputs[0] : inputs, { training: false }) as
      | tf.Tensor
      | tf.Tensor[];
    const scores = [said].flat().map((score, i) => [i === 0 ? "scores" : `scores_${i + 1}`, score] as const);
    return Object.fromEntries(scores);
  });
}

/** For each sample its loss and whether the most probable class is the label's: [B] and [B]. */
export function traceEvaluation(classifier: LayersModel, batch: number, models: RunModels): Promise<Program> {
  const { images, weights } = models;
  return traceNetworks("evaluation", models, (context) => {
    bindWeights(context, weights);
    const samples = context.input("samples", [batch, ...images.imageShape]);
    const labels = context.input("labels", [batch, images.classes]);
    const probabilities = classifier.apply(samples, { training: false }) as tf.Tensor; // [B, classes]
    const likely = tf.max(probabilities, -1); // [B]
    const ofLabel = tf.sum(tf.mul(labels, probabilities), -1); // [B]
    const loss = tf.neg(tf.log(tf.clipByValue(ofLabel, 1e-7, 1)));
    return { loss, correct: tf.cast(tf.greaterEqual(ofLabel, likely), "float32") };
  });
}

/**
 * A trace that names the layer, and the line of the module, in which something does not fit. It is made twice: what differs
 * would be frozen at its first value.
 */
export async function traceNetworks(
  what: string,
  { config, networks, now, isRepetition }: RunModels,
  body: (context: TraceContext) => Record<string, tf.Tensor>,
): Promise<Program> {
  const file = config.model.kind === "module" ? config.model.file : null;
  const trace = (
    run: (body: () => Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  ): Promise<Program> =>
    traceProgram((context) =>
      run(() =>
        placingErrors(file, () =>
          namingLayers(networks, () => now.during(context.input, () => body(context))),
        ),
      ),
    );
  const program = await trace((traced) => traced());
  if (isRepetition) return program;
  const again = await withQuietConsole(() => trace(withOtherClock));
  const difference = differenceOf(program, again);
  if (difference === null) return program;
  throw new GanglionError(
    "TRACE",
    `the ${what} is not the same when it is traced a second time (${difference}), and what is computed outside of tensors is computed once for all steps: take no clock, counter or other changing value into call() or losses; random numbers from tf.randomUniform and the like, of the context's tf, are drawn anew in every step`,
  );
}

function writtenWeight(name: string): GanglionError {
  return new GanglionError(
    "MODEL",
    `the weight ${name} is written to inside the step, and trained too, so what is written would be lost: give addWeight trainable = false for what the layer itself changes, or compute with another value and leave the weight alone (tf.constraints hold after each update)`,
  );
}

function gradientsOf(
  context: TraceContext,
  network: NetworkName,
  loss: tf.Tensor,
  weights: readonly NamedWeight[],
  given: ReadonlyMap<string, tf.Tensor>,
): Record<string, tf.Tensor> {
  const trained = weights.filter((weight) => weight.network === network && weight.trainable);
  if (trained.length === 0) {
    throw new GanglionError(
      "MODEL",
      `the ${network} has no trainable weights: give it a layer that has some, or unfreeze one (trainable: true; in Keras model.trainable = True, and save it again)`,
    );
  }
  const sources = trained.map(({ name }) => given.get(name)!);
  const gradients = context.gradients(loss, sources);
  return Object.fromEntries(trained.map(({ name }, i) => [GRADIENT_PREFIX + name, gradients[i]]));
}

/** A loss without a weight in it is a slip (the other network's, a constant), and would train nothing, silently. */
function checkLearns({ trains }: Phase, { constants, outputs }: Program): void {
  const known = new Map(constants.map(({ value, data }) => [value, data]));
  const isZero = (value: number): boolean => known.get(value)?.every((element) => element === 0) ?? false;
  for (const network of trains) {
    const own = outputs.filter(({ name }) => name.startsWith(`${GRADIENT_PREFIX}${network}/`));
    if (!own.every(({ value }) => isZero(value))) continue;
    throw new GanglionError(
      "MODEL",
      `the loss of the ${network} does not depend on its weights, so nothing would be learned: compute it from what the ${network} returns`,
    );
  }
}

export function bindWeights(context: TraceContext, weights: readonly NamedWeight[]): Map<string, tf.Tensor> {
  const tensors = new Map(
    weights.map(({ name, variable }) => [name, context.input(name, variable.shape as number[])]),
  );
  assignWeights(weights, tensors);
  return tensors;
}
