// `layers.groupedConv2d`: a 2-D convolution whose channels fall into groups, each with filters of its own.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import type {
  Conv2D as Conv2DLayer,
  ConvLayerArgs,
} from "@tensorflow/tfjs-layers/dist/layers/convolutional.js";
import { GanglionError } from "../../../../shared/errors.ts";
import { groupedConv2d as convolve } from "../../../../shared/program/grouped-convolution.ts";

type Shape = (number | null)[];

/** Those of `tf.layers.conv2d` but `dilationRate` and `dataFormat`, and the number of groups. */
export interface GroupedConv2DArgs extends Omit<ConvLayerArgs, "dilationRate" | "dataFormat"> {
  /** It divides the channels that come in, and `filters`. */
  readonly groups: number;
}

/** What `tf.layers.conv2d` makes; tfjs does not export the class. A given name draws none of tfjs's numbered ones. */
const Conv2D = tfl.layers.conv2d({ name: "any", filters: 1, kernelSize: 1 })
  .constructor as unknown as typeof Conv2DLayer;

/**
 * y [B, OH, OW, filters] of x [B, H, W, C]: output o sees the C / groups channels of its own group only (as `groups` of
 * Keras's Conv2D and PyTorch's Conv2d). The kernel is [kh, kw, C / groups, filters].
 *
 * @throws GanglionError MODEL where groups do not divide filters or channels
 */
export class GroupedConv2D extends Conv2D {
  static override readonly className = "GroupedConv2D";
  readonly groups: number;

  constructor(args: GroupedConv2DArgs) {
    super({ ...args });
    const { groups } = args;
    this.groups = groups;
    if (!(Number.isInteger(groups) && groups >= 1))
      throw this.#fault(`groups is ${String(groups)}: give a whole number from 1`);
    if (this.filters % groups !== 0)
      throw this.#fault(
        `${this.filters} filters do not fall into ${groups} groups: make filters a multiple of groups`,
      );
    if (this.padding !== "same" && this.padding !== "valid")
      throw this.#fault(`padding is "${this.padding}": give "same" or "valid"`);
    if (this.dilationRate.some((rate) => rate !== 1))
      throw this.#fault(
        `dilationRate is ${JSON.stringify(this.dilationRate)}: grouped convolutions have none`,
      );
    if (this.dataFormat !== "channelsLast")
      throw this.#fault(`dataFormat is "${this.dataFormat}": grouped convolutions take "channelsLast"`);
  }

  override build(inputShape: Shape | Shape[]): void {
    const shape = oneShape(inputShape);
    const channels = shape[3];
    if (shape.length !== 4 || channels === null)
      throw this.#fault(
        `its input has shape [${shape.map(String).join(", ")}]: give images [batch, height, width, channels]`,
      );
    if (channels % this.groups !== 0)
      throw this.#fault(
        `${channels} channels do not fall into ${this.groups} groups: give a number of groups that divides them`,
      );
    this.kernel = this.addWeight(
      "kernel",
      [...this.kernelSize, channels / this.groups, this.filters],
      undefined,
      this.kernelInitializer,
      this.kernelRegularizer,
      true,
      this.kernelConstraint,
    );
    if (this.useBias) {
      this.bias = this.addWeight(
        "bias",
        [this.filters],
        undefined,
        this.biasInitializer,
        this.biasRegularizer,
        true,
        this.biasConstraint,
      );
    }
    this.inputSpec = [new tfl.InputSpec({ ndim: 4, axes: { 3: channels } })];
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const strides = [this.strides[0], this.strides[1]] as const;
      const padding = this.padding === "same" ? "same" : "valid";
      const y = convolve(x, this.kernel.read(), { strides, padding });
      return this.activation.apply(this.useBias ? tf.add(y, this.bias.read()) : y);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), groups: this.groups };
  }

  #fault(message: string): GanglionError {
    return new GanglionError("MODEL", `layer ${this.name} (GroupedConv2D): ${message}`);
  }
}

tf.serialization.registerClass(GroupedConv2D);

export function groupedConv2d(args: GroupedConv2DArgs): GroupedConv2D {
  return new GroupedConv2D(args);
}

function oneShape(shape: Shape | Shape[]): Shape {
  return Array.isArray(shape[0]) ? shape[0] : (shape as Shape);
}
