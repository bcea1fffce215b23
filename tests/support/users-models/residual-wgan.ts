// A stranger's WGAN-GP (Gulrajani et al. 2017) with residual blocks, for images of any odd size; written in TypeScript.
import type {
  LossContext,
  ModelContext,
  Tensorflow,
} from "../../../coordinator/compiler/models/users/model-context.ts";

export const latentSize = 6;

type Symbol = ReturnType<Tensorflow["input"]>;

function block(tf: Tensorflow, x: Symbol, filters: number): Symbol {
  const inner = tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "elu" }).apply(x);
  const outer = tf.layers.conv2d({ filters, kernelSize: 3, padding: "same" }).apply(inner);
  const skip = tf.layers.conv2d({ filters, kernelSize: 1, useBias: false }).apply(x);
  return tf.layers.add().apply([outer, skip] as Symbol[]) as Symbol;
}

export function generator({ tf, imageShape: [height, width, channels], latentSize: size }: ModelContext) {
  const [h, w] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const z = tf.input({ shape: [size] });
  let x = tf.layers.dense({ units: h * w * 4, activation: "relu" }).apply(z) as Symbol;
  x = tf.layers.reshape({ targetShape: [h, w, 4] }).apply(x) as Symbol;
  x = tf.layers
    .conv2dTranspose({ filters: 4, kernelSize: 4, strides: 2, padding: "same" })
    .apply(x) as Symbol;
  const surplus: [[number, number], [number, number]] = [
    [0, 2 * h - height],
    [0, 2 * w - width],
  ];
  x = tf.layers.cropping2D({ cropping: surplus }).apply(x) as Symbol;
  x = tf.layers.batchNormalization({ momentum: 0.8 }).apply(x) as Symbol;
  x = block(tf, x, 3);
  const y = tf.layers
    .conv2d({ filters: channels, kernelSize: 3, padding: "same", activation: "tanh" })
    .apply(x);
  return tf.model({ inputs: z, outputs: y as Symbol });
}

export function discriminator({ tf, imageShape }: ModelContext) {
  const x = tf.input({ shape: [...imageShape] });
  const deep = tf.layers.averagePooling2d({ poolSize: 2 }).apply(block(tf, x, 4)) as Symbol;
  const pooled = tf.layers.globalAveragePooling2d({}).apply(tf.layers.leakyReLU().apply(deep));
  return tf.model({ inputs: x, outputs: tf.layers.dense({ units: 1 }).apply(pooled) as Symbol });
}

export function losses({
  tf,
  generator: draw,
  discriminator: judge,
  samples,
  noise,
  gradients,
}: LossContext) {
  const fake = draw(noise);
  const [real, faked] = [judge(samples), judge(fake)];
  const share = tf.randomUniform([samples.shape[0], 1, 1, 1]);
  const mixed = tf.add(samples, tf.mul(share, tf.sub(fake, samples)));
  const [slope] = gradients(tf.sum(judge(mixed)), [mixed]);
  const norm = tf.sqrt(tf.add(tf.sum(tf.square(slope), [1, 2, 3]), 1e-6));
  const penalty = tf.mean(tf.square(tf.sub(norm, 1)));
  const distance = tf.sub(tf.mean(real), tf.mean(faked));
  return {
    discriminator: tf.add(tf.neg(distance), tf.mul(10, penalty)),
    generator: tf.neg(tf.mean(faked)),
    metrics: { distance, penalty },
  };
}
