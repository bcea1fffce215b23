// A layer around another that computes with transformed kernels: what spectralNorm and equalized have in common.
import type * as core from "@tensorflow/tfjs-core";
import {
  type Config,
  type Layer,
  type LayerArgs,
  type LayerClass,
  type LayerVariable,
  type Shape,
  type Tfjs,
  shortName,
} from "../tfjs.ts";

export interface WrapperArgs extends LayerArgs {
  /** The layer whose kernels are transformed; it is built, trained, regularized and saved with the wrapper. */
  layer: Layer;
}

/** What a layer reads in the place of some of its weights, by property. */
export type StandIns = Readonly<Record<string, () => core.Tensor>>;

/** What one kind of wrapper does with one layer. */
export interface Transformation {
  /** Once the inner layer is built; may add weights to the wrapper. */
  readonly build: (wrapper: Layer) => void;
  /** For one call of the inner layer. */
  readonly standIns: (training: boolean) => StandIns;
}

export interface WrapperKind<Args extends WrapperArgs> {
  readonly className: string;
  readonly transformationOf: (layer: Layer, args: Args) => Transformation;
  /** The arguments besides the layer, for a saved model. */
  readonly configOf: (args: Args) => Config;
}

const WRAPPER = "isKernelWrapper";

/**
 * A class of layers of this kind. Such a layer lists the inner layer's weights as its own and, after them, those that the
 * transformation adds: the kernel itself is what is trained, and the transformed one is computed at every call.
 */
export function kernelWrapper<Args extends WrapperArgs>(
  tf: Tfjs,
  { className, transformationOf, configOf }: WrapperKind<Args>,
): LayerClass<Args> {
  class KernelWrapper extends tf.layers.Layer {
    static readonly className = className;
    readonly isKernelWrapper = true;
    readonly layer: Layer;
    readonly #transformation: Transformation;
    readonly #args: Args;

    constructor(args: Args) {
      const { layer, ...own } = args;
      const { batchInputShape } = layer as unknown as { readonly batchInputShape?: Shape };
      const hasShape = own.inputShape !== undefined || own.batchInputShape !== undefined;
      super({ ...own, ...(!hasShape && batchInputShape && { batchInputShape }) } as object);
      this.name = shortName(this.name);
      if (WRAPPER in layer)
        throw new Error(
          `it wraps ${layer.name} (${layer.getClassName()}), a wrapper itself: wrap the layer once, since normalization undoes every other scale`,
        );
      this.layer = layer;
      if (args.trainable === false) layer.trainable = false;
      this.#args = args;
      this.#transformation = transformationOf(layer, args);
    }

    override build(inputShape: Shape | Shape[]): void {
      const { layer } = this;
      if (layer.built)
        throw new Error(`it wraps ${layer.name}, which is built already: wrap a layer before it is applied`);
      else {
        layer.build(inputShape);
        layer.built = true;
      }
      this.#transformation.build(this);
      this.inputSpec = layer.inputSpec;
      this.built = true;
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
      return this.layer.computeOutputShape(inputShape);
    }

    override call(
      inputs: core.Tensor | core.Tensor[],
      kwargs: core.NamedAttrMap,
    ): core.Tensor | core.Tensor[] {
      return tf.tidy(() => {
        const standIns = this.#transformation.standIns(kwargs["training"] === true);
        return withStandIns(this.layer, standIns, () => this.layer.apply(inputs, kwargs) as core.Tensor);
      });
    }

    override get trainable(): boolean {
      return this.layer?.trainable ?? true; // the constructor of tf.layers asks before there is a layer
    }

    override set trainable(trainable: boolean) {
      if (this.layer !== undefined) this.layer.trainable = trainable;
    }

    override get trainableWeights(): LayerVariable[] {
      return this.layer.trainableWeights;
    }

    override get nonTrainableWeights(): LayerVariable[] {
      return [...this.layer.nonTrainableWeights, ...super.nonTrainableWeights];
    }

    override get losses(): Layer["losses"] {
      return this.layer?.losses ?? [];
    }

    override setFastWeightInitDuringBuild(value: boolean): void {
      super.setFastWeightInitDuringBuild(value);
      this.layer.setFastWeightInitDuringBuild(value);
    }

    override getConfig(): Config {
      const layer = { className: this.layer.getClassName(), config: this.layer.getConfig() };
      return { ...super.getConfig(), ...configOf(this.#args), layer };
    }

    static override fromConfig<T extends core.serialization.Serializable>(
      cls: core.serialization.SerializableConstructor<T>,
      config: Config,
    ): T {
      return new cls({ ...config, layer: layerFrom(tf, config["layer"] as Config) });
    }
  }
  return KernelWrapper;
}

/** While `body` runs, the layer reads other tensors in the place of these weights. */
function withStandIns<T>(layer: Layer, standIns: StandIns, body: () => T): T {
  const properties = layer as unknown as Record<string, unknown>;
  const kept = Object.keys(standIns).map((name) => [name, properties[name]] as const);
  for (const [name, read] of Object.entries(standIns)) properties[name] = { read };
  try {
    return body();
  } finally {
    for (const [name, variable] of kept) properties[name] = variable;
  }
}

/** As tfjs makes layers from what a saved model says of them. */
function layerFrom(tf: Tfjs, { className, config }: Config): Layer {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const name = className as string;
  if (!Object.hasOwn(classNameMap, name)) throw new Error(`Unknown layer: ${name}.`);
  const [cls, fromConfig] = classNameMap[name];
  return fromConfig(cls, config as Config) as Layer;
}
