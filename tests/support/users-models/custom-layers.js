// A stranger's own layers, a layer that is applied twice, and R1 (Mescheder et al. 2018) written with chained ops.
export const latentSize = 5;

function ownLayers(tf) {
  /** Karras et al. 2018, §4.2. */
  class PixelNorm extends tf.layers.Layer {
    static className = "PixelNorm";
    call(inputs) {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      return x.div(x.square().mean(-1, true).add(1e-6).sqrt());
    }
  }
  /** Karras et al. 2018, §3: the mean deviation over the batch as one more channel. */
  class BatchDeviation extends tf.layers.Layer {
    static className = "BatchDeviation";
    computeOutputShape(shape) {
      return [...shape.slice(0, -1), shape.at(-1) + 1];
    }
    call(inputs) {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const deviation = tf.moments(x, 0, true).variance.add(1e-6).sqrt().mean();
      return tf.concat([x, tf.onesLike(x.slice([0, 0], [-1, 1])).mul(deviation)], -1);
    }
  }
  /** A weight of its own. */
  class Gain extends tf.layers.Layer {
    static className = "Gain";
    build(shape) {
      this.gain = this.addWeight("gain", [shape.at(-1)], "float32", tf.initializers.ones());
      super.build(shape);
    }
    call(inputs) {
      return tf.mul(Array.isArray(inputs) ? inputs[0] : inputs, this.gain.read());
    }
  }
  return { PixelNorm, BatchDeviation, Gain };
}

export function generator({ tf, imageShape, latentSize: size }) {
  const { PixelNorm, Gain } = ownLayers(tf);
  const pixels = imageShape.reduce((product, length) => product * length, 1);
  const z = tf.input({ shape: [size] });
  const twice = tf.layers.dense({ units: size, activation: "selu", kernelInitializer: "orthogonal" });
  const hidden = new PixelNorm({}).apply(twice.apply(new PixelNorm({}).apply(twice.apply(z))));
  const flat = new Gain({}).apply(tf.layers.dense({ units: pixels }).apply(hidden));
  return tf.model({ inputs: z, outputs: tf.layers.reshape({ targetShape: [...imageShape] }).apply(flat) });
}

export function discriminator({ tf, imageShape }) {
  const { BatchDeviation } = ownLayers(tf);
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [...imageShape] }),
      tf.layers.dense({ units: 6, activation: "tanh" }),
      new BatchDeviation({}),
      tf.layers.dense({ units: 1 }),
    ],
  });
}

export function losses({ tf, generator: draw, discriminator: judge, samples, noise, gradients }) {
  const [real, fake] = [judge(samples), judge(draw(noise))];
  const [slope] = gradients(real.sum(), [samples]);
  const r1 = slope.square().sum([1, 2, 3]).mean();
  return {
    discriminator: fake.softplus().mean().add(real.neg().softplus().mean()).add(r1.mul(0.5)),
    generator: tf.mean(tf.softplus(tf.neg(fake))),
    metrics: { r1, convinced: real.greater(0).sum() }, // a count: int32
  };
}
