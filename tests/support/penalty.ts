// A regularizer by itself, on networks that are functions: small enough to compute by hand.
import * as tf from "@tensorflow/tfjs-core";
import type { RegularizerName, RegularizersConfig } from "../../shared/config/objectives/regularizers.ts";
import type { Judgement } from "../../coordinator/compiler/objectives/judge.ts";
import type { Regularizer } from "../../coordinator/compiler/objectives/regularizers/regularizer.ts";
import { tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";
import { traceProgram } from "../../coordinator/compiler/trace/trace.ts";
import { type Program, sizeOf } from "../../shared/program/program.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { execute } from "./oracle.ts";

export interface PenaltySetting {
  /** Images [B, H, W, C] and weights to logits; several where it gives an array. */
  readonly judge: (images: tf.Tensor, weights: tf.Tensor) => tf.Tensor | tf.Tensor[];
  /** Noise [B, Z] to images; default: images of zeros. */
  readonly generate?: (noise: tf.Tensor, weights: tf.Tensor) => tf.Tensor;
  readonly shape: readonly [batch: number, height: number, width: number, channels: number];
  readonly samples: readonly number[];
  /** [B, Z] */
  readonly noise?: readonly number[];
  /** Of D or of G, whose gradient is asked for. */
  readonly weights: readonly number[];
  /** The scheduled numbers of the regularizer. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What the random ops draw, one after the other; default: zeros. */
  readonly draws?: readonly (readonly number[])[];
  /** The regularizer's own scalars before the step; default: what they begin with. */
  readonly state?: Readonly<Record<string, number>>;
}

export interface Penalty {
  readonly penalty: number;
  /** By the weights. */
  readonly gradient: readonly number[];
  readonly state: Readonly<Record<string, number>>;
  readonly program: Program;
}

/** Both values, and the new state, of one shard. */
export async function penaltyOf<Name extends RegularizerName>(
  regularizer: Regularizer<Name>,
  config: NonNullable<RegularizersConfig[Name]>,
  setting: PenaltySetting,
): Promise<Penalty> {
  const { shape, samples, weights, numbers, draws = [] } = setting;
  const noise = setting.noise ?? Array.from({ length: shape[0] }, () => 0);
  const before = { ...regularizer.state, ...setting.state };
  const program = await traceProgram(({ input, gradients }) => {
    const ofWeights = input("weights", [weights.length]);
    const z = input("noise", [shape[0], noise.length / shape[0]]);
    const images = input("samples", shape);
    const generate = (given: tf.Tensor): tf.Tensor =>
      setting.generate?.(given, ofWeights) ?? tf.zeros([...shape]);
    const judge = (seen: tf.Tensor): Judgement => {
      const logits = [setting.judge(seen, ofWeights)].flat();
      return { logits, classes: null, features: logits[0] };
    };
    const fake = generate(z);
    const written: Record<string, tf.Tensor> = {};
    const penalty = regularizer.penalty(
      {
        tf: tensorflow(),
        gradients,
        judge,
        logitsOf: (seen) => judge(seen).logits,
        generate,
        samples: images,
        noise: z,
        fake,
        real: judge(images),
        faked: judge(fake),
        number: (field) => numbers[field],
        state: {
          read: (name) => input(`state/${name}`, []) as tf.Scalar,
          write: (name, value) => (written[`state/${name}`] = value),
        },
      },
      config,
    );
    const [gradient] = gradients(penalty, [ofWeights]);
    return { penalty, gradient, ...written };
  });
  const values: Record<string, Float32Array> = {};
  for (const { name, value, random } of program.inputs) {
    const size = sizeOf(program.values[value].shape);
    const known = { weights, noise, samples }[name as "noise"];
    const drawn = random && draws[Number(name.split("/")[1])];
    const kept = name.startsWith("state/") ? [before[name.slice("state/".length)]] : undefined;
    values[name] = Float32Array.from(known ?? drawn ?? kept ?? new Float32Array(size));
  }
  const { penalty, gradient, ...state } = await execute(createReferenceEngine(), program, values);
  return {
    penalty: penalty[0],
    gradient: [...gradient],
    state: Object.fromEntries(
      Object.entries(state).map(([name, [scalar]]) => [name.slice("state/".length), scalar]),
    ),
    program,
  };
}
