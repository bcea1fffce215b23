// `layers.groupedConv2d`: a 2-D convolution whose channels fall into groups, each with filters of its own.
import type * as core from "@tensorflow/tfjs-core";
import type {
  Conv2D as Conv2DLayer,
  ConvLayerArgs,
} from "@tensorflow/tfjs-layers/dist/layers/convolutional.js";
import {
  type Config,
  type LayerClass,
  type Shape,
  type Tfjs,
  oneShape,
  oneTensor,
  shortName,
} from "./tfjs.ts";

/** Those of `tf.layers.conv2d` but `dilationRate` and `dataFormat`, and the number of groups. */
export interface GroupedConv2DArgs extends Omit<ConvLayerArgs, "dilationRate" | "dataFormat"> {
  /** It divides the channels that come in, and `filters`. */
  groups: number;
}

/** y [B, OH, OW, O] of x [B, H, W, C] and a kernel [kh, kw, C / groups, O]. */
export type GroupedConvolution = (
  x: core.Tensor,
  kernel: core.Tensor,
  options: { readonly strides: readonly [number, number]; readonly padding: "same" | "valid" },
) => core.Tensor;

/**
 * y [B, OH, OW, filters] of x [B, H, W, C]: output o sees the C / groups channels of its own group only (as `groups` of
 * Keras's Conv2D and PyTorch's Conv2d). The kernel is [kh, kw, C / groups, filters].
 */
export function groupedConv2dClass(
  tf: Tfjs,
  convolve: GroupedConvolution = groupByGroup(tf),
): LayerClass<GroupedConv2DArgs> {
  return class GroupedConv2D extends conv2dClass(tf) {
    static override readonly className = "GanglionGroupedConv2D";
    readonly groups: number;

    constructor(args: GroupedConv2DArgs) {
      super({ ...args });
      this.name = shortName(this.name);
      const { groups } = args;
      this.groups = groups;
      if (!(Number.isInteger(groups) && groups >= 1))
        throw new Error(`groups is ${String(groups)}: give a whole number from 1`);
      if (this.filters % groups !== 0)
        throw new Error(
          `${this.filters} filters do not fall into ${groups} groups: make filters a multiple of groups`,
        );
      if (this.padding !== "same" && this.padding !== "valid")
        throw new Error(`padding is "${this.padding}": give "same" or "valid"`);
      if (this.dilationRate.some((rate) => rate !== 1))
        throw new Error(
          `dilationRate is ${JSON.stringify(this.dilationRate)}: grouped convolutions have none`,
        );
      if (this.dataFormat !== "channelsLast")
        throw new Error(`dataFormat is "${this.dataFormat}": grouped convolutions take "channelsLast"`);
    }

    override build(inputShape: Shape | Shape[]): void {
      const shape = oneShape(inputShape);
      const channels = shape[3];
      if (shape.length !== 4 || channels === null)
        throw new Error(
          `its input has shape [${shape.map(String).join(", ")}]: give images [batch, height, width, channels]`,
        );
      if (channels % this.groups !== 0)
        throw new Error(
          `${channels} channels do not fall into ${this.groups} groups: give a number of groups that divides them`,
        );
      const { kernelInitializer, kernelRegularizer, kernelConstraint } = this;
      const size = [...this.kernelSize, channels / this.groups, this.filters];
      this.kernel = this.addWeight("kernel", size, undefined, kernelInitializer, kernelRegularizer, true, kernelConstraint); // prettier-ignore
      if (this.useBias) {
        const { biasInitializer, biasRegularizer, biasConstraint } = this;
        this.bias = this.addWeight("bias", [this.filters], undefined, biasInitializer, biasRegularizer, true, biasConstraint); // prettier-ignore
      }
      this.inputSpec = [new tf.InputSpec({ ndim: 4, axes: { 3: channels } })];
      this.built = true;
    }

    override call(inputs: core.Tensor | core.Tensor[]): core.Tensor {
      return tf.tidy(() => {
        const strides = [this.strides[0], this.strides[1]] as const;
        const padding = this.padding === "same" ? "same" : "valid";
        const y = convolve(oneTensor(inputs), this.kernel.read(), { strides, padding });
        return this.activation.apply(this.useBias ? tf.add(y, this.bias.read()) : y);
      });
    }

    override getConfig(): Config {
      return { ...super.getConfig(), groups: this.groups };
    }
  };
}

/** What `tf.layers.conv2d` makes; tfjs does not export the class. A given name draws none of tfjs's numbered ones. */
function conv2dClass(tf: Tfjs): typeof Conv2DLayer {
  return tf.layers.conv2d({ name: "any", filters: 1, kernelSize: 1 })
    .constructor as unknown as typeof Conv2DLayer;
}

/** With tfjs's own convolutions, wherever there is no kernel for all groups at once. */
function groupByGroup(tf: Tfjs): GroupedConvolution {
  return (x, kernel, { strides, padding }) => {
    const groups = x.shape[3]! / kernel.shape[2]!;
    const split = (tensor: core.Tensor): core.Tensor4D[] => tf.split(tensor, groups, 3);
    const [images, kernels] = [split(x), split(kernel)];
    return tf.concat(
      images.map((image, group) => tf.conv2d(image, kernels[group], [...strides], padding)),
      3,
    );
  };
}
