// Layers with kernels as the choices want them: drawn from what, normalized or equalized.
import type { ModelContext } from "../users/model-context.ts";
import type { Choices } from "./choices.ts";
import type { Layer } from "./sequence.ts";

type Initializer = ReturnType<ModelContext["tf"]["initializers"]["zeros"]>;

export interface Drawn {
  /** What the architecture draws the kernel from; absent: what tf.layers does. */
  readonly usual?: Initializer;
  /** By how much the layer's part widens the values, for equalized and orthogonal kernels; default 1. */
  readonly gain?: number;
  /** It begins with zeros, whatever is chosen. */
  readonly isZero?: boolean;
  /** The argument that takes the initializer; default `kernelInitializer`. */
  readonly argument?: string;
}

/** Makes a layer by its factory; the arguments but the initializer. */
export type KernelLayers = <Args extends object>(
  factory: (args: Args) => Layer,
  args: Args,
  drawn?: Drawn,
) => Layer;

/** Of "normal", as DCGAN and most since (Radford et al. 2016). */
const STDDEV = 0.02;

export function kernelLayers(
  { tf, layers, initializers }: ModelContext,
  network: "generator" | "discriminator",
  { spectralNorm, equalized, initializer }: Choices,
): KernelLayers {
  const drawnFrom = ({ usual, gain = 1, isZero = false }: Drawn): Initializer | undefined => {
    if (isZero) return tf.initializers.zeros();
    if (equalized) return undefined; // the wrapper draws it
    switch (initializer) {
      case undefined:
        return usual;
      case "normal":
        return tf.initializers.randomNormal({ stddev: STDDEV });
      case "orthogonal":
        return initializers.orthogonal({ gain });
      default:
        return initializer satisfies never;
    }
  };
  return (factory, args, drawn = {}) => {
    const { gain = 1, argument = "kernelInitializer" } = drawn;
    const from = drawnFrom(drawn);
    const layer = factory({ ...args, ...(from && { [argument]: from }) });
    if (isNormalized(network, spectralNorm)) return layers.spectralNorm({ layer });
    return equalized ? layers.equalized({ layer, gain }) : layer;
  };
}

/** Whether the kernels of this network have a spectral norm of 1. */
export function isNormalized(
  network: "generator" | "discriminator",
  spectralNorm: Choices["spectralNorm"],
): boolean {
  return spectralNorm === "both" || spectralNorm === network;
}
