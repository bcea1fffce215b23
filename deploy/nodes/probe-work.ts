// What an engine is tried with: a gradient of a tiny GAN, its value from the reference engine, and a step of `digits`.
import * as tf from "@tensorflow/tfjs-core";
import { parseConfig } from "../../shared/config/config.ts";
import { compileRun } from "../../coordinator/compiler/compile-run.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { arraysFor, encodeProgram } from "../../shared/program/program.ts";
import { type TraceContext, traceProgram } from "../../coordinator/compiler/trace/trace.ts";
import { stream } from "../../shared/random/random.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import type { ProbeWork } from "../../worker/devices/probe.ts";

export async function probeCheck(): Promise<ProbeWork["check"]> {
  const program = await traceProgram(tinyGan);
  const inputs = arraysFor(program, program.inputs);
  for (const [name, array] of Object.entries(inputs)) stream(1, name).fillNormal(array);
  const expected = arraysFor(program, program.outputs);
  const executable = await createReferenceEngine().prepare(program, { inputs, outputs: expected });
  await executable.run();
  return { program: encodeProgram(program), inputs, expected };
}

/** One round of both networks of the default preset on one shard. */
export async function probeSpeed(images: number): Promise<NonNullable<ProbeWork["speed"]>> {
  const config = parseConfig({
    ...findPreset("digits").config,
    schedule: { kind: "simultaneous" },
    batch: images,
    shard: images,
  });
  const { phases, programs } = await compileRun(config, { imageShape: [28, 28, 1], classes: 10 });
  return { program: programs.get(phases[0].program)!, images };
}

/** Generator [B, 6] to [B, 8, 8, 1], discriminator with batch normalization, non-saturating losses, all gradients. */
function tinyGan({ input, gradients }: TraceContext): Record<string, tf.Tensor> {
  const [samples, noise] = [input("samples", [4, 8, 8, 1]), input("noise", [4, 6])];
  const generator = [input("g/dense", [6, 48]), input("g/kernel", [4, 4, 1, 3])];
  const discriminator = [input("d/kernel", [4, 4, 1, 5]), input("d/dense", [80, 1])];

  const hidden = tf.leakyRelu(tf.reshape(tf.matMul(noise, generator[0]), [4, 4, 4, 3]), 0.2);
  const fakes = tf.tanh(
    tf.conv2dTranspose(hidden as tf.Tensor4D, generator[1] as tf.Tensor4D, [4, 8, 8, 1], 2, "same"),
  );
  const logits = (images: tf.Tensor): tf.Tensor => {
    const features = tf.conv2d(images as tf.Tensor4D, discriminator[0] as tf.Tensor4D, 2, "same"); // [4, 4, 4, 5]
    const { mean, variance } = tf.moments(features, [0, 1, 2]);
    const normal = tf.div(tf.sub(features, mean), tf.sqrt(tf.add(variance, 1e-3)));
    return tf.matMul(tf.reshape(tf.leakyRelu(normal as tf.Tensor4D, 0.2), [4, 80]), discriminator[1]);
  };
  const [real, fake] = [logits(samples), logits(fakes)];
  const lossD = tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake)));
  const lossG = tf.mean(tf.softplus(tf.neg(fake)));
  const [dKernel, dDense] = gradients(lossD, discriminator);
  const [gDense, gKernel] = gradients(lossG, generator);
  return {
    "gradient d/kernel": dKernel,
    "gradient d/dense": dDense,
    "gradient g/dense": gDense,
    "gradient g/kernel": gKernel,
  };
}
