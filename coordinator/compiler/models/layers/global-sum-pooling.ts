// `layers.globalSumPooling`: each channel's sum over the image, for the end of a discriminator.
import type * as core from "@tensorflow/tfjs-core";
import {
  type LayerArgs,
  type LayerClass,
  type Shape,
  type Tfjs,
  oneShape,
  oneTensor,
  shortName,
} from "./tfjs.ts";

/** [B, …, C] -> [B, C], as SNGAN's discriminator ends (Miyato et al. 2018). */
export function globalSumPoolingClass(tf: Tfjs): LayerClass<LayerArgs> {
  return class GlobalSumPooling extends tf.layers.Layer {
    static readonly className = "GanglionGlobalSumPooling";

    constructor(args: LayerArgs = {}) {
      super(args);
      this.name = shortName(this.name);
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      const shape = oneShape(inputShape);
      return [shape[0], shape.at(-1)!];
    }

    override call(inputs: core.Tensor | core.Tensor[]): core.Tensor {
      return tf.tidy(() => {
        const x = oneTensor(inputs);
        const places = x.shape.map((_, axis) => axis).slice(1, -1);
        return tf.sum(x, places);
      });
    }
  };
}
