// A stranger's layers that keep layers of tf.layers: built when they are called, in arrays and maps, with state and random ops.
export const latentSize = 4;

function ownLayers(tf) {
  const first = (x) => (Array.isArray(x) ? x[0] : x);
  /** He et al. 2016, on vectors, with batch normalization: the inner layers are built at the first call. */
  class Residual extends tf.layers.Layer {
    static className = "Residual";
    constructor(config) {
      super(config);
      this.blocks = [0, 1].map(() => ({
        norm: tf.layers.batchNormalization(),
        dense: tf.layers.dense({ units: config.units, activation: "swish" }),
      }));
      this.drop = tf.layers.dropout({ rate: 0.25 });
    }
    call(inputs, kwargs) {
      let x = first(inputs);
      for (const { norm, dense } of this.blocks) x = tf.add(x, dense.apply(norm.apply(x, kwargs), kwargs));
      return this.drop.apply(x, kwargs);
    }
  }
  /** Zhang et al. 2019, §3, on the rows of an image. */
  class Attention extends tf.layers.Layer {
    static className = "Attention";
    #value;
    build(shape) {
      const units = shape.at(-1);
      const dense = (useBias) => tf.layers.dense({ units, useBias });
      this.looks = new Map([
        ["query", dense(false)],
        ["key", dense(true)],
      ]);
      for (const layer of this.looks.values()) layer.build(shape);
      this.#value = dense(true);
      this.gain = tf.variable(tf.fill([1], 0.5));
      super.build(shape);
    }
    call(inputs, kwargs) {
      const x = first(inputs);
      const [query, key] = [...this.looks.values()].map((layer) => layer.apply(x, kwargs));
      const weights = tf.softmax(tf.matMul(query, key, false, true));
      return tf.add(x, tf.mul(tf.matMul(weights, this.#value.apply(x, kwargs)), this.gain));
    }
  }
  /** Miyato et al. 2018, algorithm 1, around a layer's kernel. */
  class Spectral extends tf.layers.Layer {
    static className = "Spectral";
    constructor({ layer, ...config }) {
      super(config);
      this.layer = layer;
    }
    computeOutputShape(shape) {
      return this.layer.computeOutputShape(shape);
    }
    build(shape) {
      this.layer.build(shape);
      this.layer.built = true;
      const units = this.layer.kernel.shape.at(-1);
      this.u = this.addWeight("u", [1, units], "float32", tf.initializers.ones(), null, false);
      super.build(shape);
    }
    call(inputs, kwargs) {
      const unit = (x) => tf.div(x, tf.add(tf.norm(x), 1e-6));
      const kernel = tf.clone(this.layer.kernel.read());
      const v = unit(tf.matMul(this.u.read(), kernel, false, true));
      const u = unit(tf.matMul(v, kernel));
      this.u.write(u);
      this.layer.kernel.write(tf.div(kernel, tf.sum(tf.mul(tf.matMul(v, kernel), u))));
      const y = this.layer.apply(inputs, kwargs);
      this.layer.kernel.write(kernel);
      return y;
    }
  }
  return { Residual, Attention, Spectral };
}

export function generator({ tf, imageShape, latentSize: size }) {
  const { Residual } = ownLayers(tf);
  const pixels = imageShape.reduce((product, length) => product * length, 1);
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, inputShape: [size] }),
      new Residual({ units: 6 }),
      tf.layers.dense({ units: pixels, activation: "tanh" }),
      tf.layers.reshape({ targetShape: [...imageShape] }),
    ],
  });
}

export function discriminator({ tf, imageShape: [height, width, channels] }) {
  const { Attention, Spectral } = ownLayers(tf);
  return tf.sequential({
    layers: [
      tf.layers.reshape({ targetShape: [height, width * channels], inputShape: [height, width, channels] }),
      new Attention({}),
      tf.layers.flatten(),
      new Spectral({ layer: tf.layers.dense({ units: 5, activation: "softplus" }) }),
      tf.layers.dense({ units: 1 }),
    ],
  });
}
