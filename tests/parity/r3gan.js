// R3GAN (Huang et al. 2024) for 28×28 images as a user's module: residual blocks without normalization, a relativistic
// loss with R1 and R2. tfjs has neither grouped convolutions nor upsampling by a filter: here they are put together.
export const latentSize = 64;

const WIDTHS = [128, 64, 32]; // at 7×7, 14×14, 28×28
const SIDE = 7;
const GROUP = 16;

function ownLayers(tf) {
  const only = (inputs) => (Array.isArray(inputs) ? inputs[0] : inputs);
  const normal = (stddev) =>
    stddev === 0 ? tf.initializers.zeros() : tf.initializers.randomNormal({ stddev });

  /** x + 1×1(act(grouped 3×3(act(1×1 x)))), twice as wide inside; act: a bias, then LeakyReLU. */
  class Residual extends tf.layers.Layer {
    static className = "Residual";
    build(shape) {
      const channels = shape.at(-1);
      const inner = 2 * channels;
      const gain = Math.sqrt(2 / 1.04) * WIDTHS.length ** -0.25;
      const kernel = (name, side, inputs, outputs, g) =>
        this.addWeight(
          name,
          [side, side, inputs, outputs],
          "float32",
          normal(g / Math.sqrt(side * side * inputs)),
        );
      const bias = (name) => this.addWeight(name, [inner], "float32", tf.initializers.zeros());
      this.widen = kernel("widen", 1, channels, inner, gain);
      this.firstBias = bias("firstBias");
      this.grouped = kernel("grouped", 3, GROUP, inner, gain);
      this.secondBias = bias("secondBias");
      this.narrow = kernel("narrow", 1, inner, channels, 0);
      super.build(shape);
    }
    call(inputs) {
      const x = only(inputs); // [B, H, W, C]
      const act = (y, bias) => tf.leakyRelu(y.add(bias.read()), 0.2);
      const wide = act(x.conv2d(this.widen.read(), 1, "same"), this.firstBias);
      const parts = tf.split(wide, wide.shape[3] / GROUP, 3);
      const kernels = tf.split(this.grouped.read(), parts.length, 3);
      const mixed = tf.concat(
        parts.map((part, i) => part.conv2d(kernels[i], 1, "same")),
        3,
      );
      return x.add(act(mixed, this.secondBias).conv2d(this.narrow.read(), 1, "same"));
    }
  }

  /** Halves each side by the separable filter [1, 3, 3, 1] / 8. */
  class Halve extends tf.layers.Layer {
    static className = "Halve";
    computeOutputShape([batch, height, width, channels]) {
      return [batch, height / 2, width / 2, channels];
    }
    call(inputs) {
      const x = only(inputs);
      const line = tf.tensor1d([1, 3, 3, 1]).div(8);
      const kernel = line.reshape([4, 1, 1, 1]).mul(line.reshape([1, 4, 1, 1]));
      return tf.depthwiseConv2d(x, kernel.tile([1, 1, x.shape[3], 1]), 2, "same");
    }
  }

  /** Doubles each side: between two points, ¾ of the nearer and ¼ of the farther; beyond the border is 0. */
  class Double extends tf.layers.Layer {
    static className = "Double";
    computeOutputShape([batch, height, width, channels]) {
      return [batch, 2 * height, 2 * width, channels];
    }
    call(inputs) {
      return [1, 2].reduce((x, axis) => {
        const edge = (side) => x.shape.map((_, i) => (i === axis ? side : [0, 0]));
        const [start, ends] = [x.shape.map(() => 0), [...x.shape]];
        const after = start.map((_, i) => (i === axis ? 1 : 0));
        const before = x.pad(edge([1, 0])).slice(start, ends);
        const next = x.pad(edge([0, 1])).slice(after, ends);
        const near = x.mul(0.75);
        const pair = tf.stack([near.add(before.mul(0.25)), near.add(next.mul(0.25))], axis + 1);
        return pair.reshape(x.shape.map((length, i) => (i === axis ? 2 * length : length)));
      }, only(inputs));
    }
  }

  /** A learned map [7, 7, C], each channel times one number: linear(z). */
  class Basis extends tf.layers.Layer {
    static className = "Basis";
    build(shape) {
      const [latent, channels] = [shape.at(-1), WIDTHS[0]];
      this.basis = this.addWeight("basis", [SIDE, SIDE, channels], "float32", normal(1));
      this.kernel = this.addWeight("kernel", [latent, channels], "float32", normal(1 / Math.sqrt(latent)));
      super.build(shape);
    }
    computeOutputShape([batch]) {
      return [batch, SIDE, SIDE, WIDTHS[0]];
    }
    call(inputs) {
      return tf
        .matMul(only(inputs), this.kernel.read())
        .reshape([-1, 1, 1, WIDTHS[0]])
        .mul(this.basis.read());
    }
  }
  return { Residual, Halve, Double, Basis };
}

export function generator({ tf, imageShape, latentSize: size }) {
  const { Residual, Double, Basis } = ownLayers(tf);
  const [, ...narrower] = WIDTHS;
  return tf.sequential({
    layers: [
      new Basis({ inputShape: [size] }),
      ...narrower.flatMap((filters, i) => [
        new Residual({}),
        pointwise(tf, WIDTHS[i], { filters }),
        new Double({}),
      ]),
      new Residual({}),
      pointwise(tf, WIDTHS.at(-1), { filters: imageShape[2] }),
    ],
  });
}

export function discriminator({ tf, imageShape }) {
  const { Residual, Halve } = ownLayers(tf);
  const wider = WIDTHS.slice(0, -1).toReversed();
  const last = WIDTHS[0];
  return tf.sequential({
    layers: [
      pointwise(tf, imageShape[2], { filters: WIDTHS.at(-1), inputShape: imageShape }),
      new Residual({}),
      ...wider.flatMap((filters) => [
        new Halve({}),
        pointwise(tf, filters / 2, { filters }),
        new Residual({}),
      ]),
      tf.layers.depthwiseConv2d({
        kernelSize: SIDE,
        useBias: false,
        depthwiseInitializer: tf.initializers.randomNormal({ stddev: 1 / SIDE }),
      }),
      tf.layers.flatten(),
      tf.layers.dense({
        units: 1,
        useBias: false,
        kernelInitializer: tf.initializers.randomNormal({ stddev: 1 / Math.sqrt(last) }),
      }),
    ],
  });
}

/** A 1×1 convolution without bias, its weights from N(0, 1 / fan-in). */
function pointwise(tf, inputs, options) {
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 1 / Math.sqrt(inputs) });
  return tf.layers.conv2d({ kernelSize: 1, useBias: false, kernelInitializer, ...options });
}

export function losses({ tf, generator: draw, discriminator: judge, samples, noise, gradients }) {
  const fake = draw(noise);
  const [ofReal, ofFake] = [judge(samples), judge(fake)]; // [B, 1]
  const slopeAt = (images, scores) => {
    const [slope] = gradients(scores.sum(), [images]);
    return slope.square().sum([1, 2, 3]).mean();
  };
  const [r1, r2] = [slopeAt(samples, ofReal), slopeAt(fake, ofFake)];
  return {
    discriminator: tf.softplus(ofFake.sub(ofReal)).mean().add(r1.add(r2).mul(0.5)), // γ / 2 with γ = 1
    generator: tf.softplus(ofReal.sub(ofFake)).mean(),
    metrics: { r1, r2 },
  };
}
