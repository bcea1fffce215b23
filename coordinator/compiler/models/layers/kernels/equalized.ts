// `layers.equalized`: a layer whose kernel is drawn from N(0, 1) and scaled while it computes (equalized learning rate).
import type * as core from "@tensorflow/tfjs-core";
import type { Initializer, Layer, LayerClass, LayerVariable, Tfjs } from "../tfjs.ts";
import { type BuiltKernel, builtKernels, fanIn } from "./kernel-places.ts";
import { type WrapperArgs, kernelWrapper } from "./kernel-wrapper.ts";

export interface EqualizedArgs extends WrapperArgs {
  /** √2, the default, keeps the variance through a ReLU (He et al. 2015); 1 is for layers without an activation. */
  gain?: number;
  /** How much faster than others this layer learns; StyleGAN's mapping network has 0.01. Default 1. */
  rateMultiplier?: number;
}

/**
 * Karras et al. 2018, §4.1, with the multiplier of StyleGAN: the kernel is drawn from N(0, 1 / m²), and what computes is
 *
 *   W · m · gain / √fan-in        b · m
 *
 * so that all kernels have one scale for the optimizer. A kernel with the initializer "zeros" begins with zeros.
 */
export function equalizedClass(tf: Tfjs): LayerClass<EqualizedArgs> {
  return kernelWrapper<EqualizedArgs>(tf, {
    className: "GanglionEqualized",
    configOf: ({ gain = Math.SQRT2, rateMultiplier = 1 }) => ({ gain, rateMultiplier }),
    transformationOf(layer, { gain = Math.SQRT2, rateMultiplier = 1 }) {
      let scaled: readonly (readonly [property: string, variable: LayerVariable, factor: number])[] = [];
      return {
        build() {
          for (const kernel of builtKernels(layer)) drawUnscaled(tf, layer, kernel, rateMultiplier);
          const { bias } = layer as unknown as { readonly bias?: LayerVariable | null };
          scaled = builtKernels(layer).map((kernel) => [
            kernel.property,
            kernel.variable,
            (rateMultiplier * gain) / Math.sqrt(fanIn(kernel)),
          ]);
          if (bias && rateMultiplier !== 1) scaled = [...scaled, ["bias", bias, rateMultiplier]];
        },
        standIns() {
          const entries = scaled.map(([property, variable, factor]) => {
            const product: core.Tensor = tf.mul(variable.read(), factor);
            return [property, () => product] as const;
          });
          return Object.fromEntries(entries);
        },
      };
    },
  });
}

/** Draws the kernel anew, from N(0, 1 / m²), but for one that is to begin with zeros. */
function drawUnscaled(tf: Tfjs, layer: Layer, kernel: BuiltKernel, rateMultiplier: number): void {
  const properties = layer as unknown as Readonly<Record<string, unknown>>;
  const given = properties[kernel.initializer] as Initializer | undefined;
  const kind = given?.getClassName();
  if (kind === "Zeros") return;
  if (given && !isUsual(given))
    throw new Error(
      `it draws the kernel of ${layer.name} from N(0, 1), and that has the ${kernel.initializer} ${kind}: leave it out, and choose the scale by gain`,
    );
  tf.tidy(() => {
    const drawn = tf.initializers.randomNormal({ mean: 0, stddev: 1 / rateMultiplier });
    kernel.variable.write(drawn.apply(kernel.variable.shape));
  });
}

/** What tf.layers takes where it is given nothing: Glorot's, and for embeddings a uniform one. */
function isUsual(initializer: Initializer): boolean {
  const { scale, mode } = initializer.getConfig();
  return initializer.getClassName() === "RandomUniform" || (scale === 1 && mode === "fanAvg");
}
