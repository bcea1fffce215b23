// `layers.spectralNorm`: a layer whose kernel has a greatest singular value of 1.
import type { LayerClass, Tfjs } from "../tfjs.ts";
import { builtKernels } from "./kernel-places.ts";
import { type WrapperArgs, kernelWrapper } from "./kernel-wrapper.ts";
import { SPECTRAL_EPSILON, SpectralDivision } from "./spectral-division.ts";

export interface SpectralNormArgs extends WrapperArgs {
  /** The least norm that is divided by. Default 1e-12. */
  epsilon?: number;
}

/** Miyato et al. 2018; a separable convolution has two kernels, which are normalized each by itself. */
export function spectralNormClass(tf: Tfjs): LayerClass<SpectralNormArgs> {
  return kernelWrapper<SpectralNormArgs>(tf, {
    className: "GanglionSpectralNorm",
    configOf: ({ epsilon = SPECTRAL_EPSILON }) => ({ epsilon }),
    transformationOf(layer, { epsilon = SPECTRAL_EPSILON }) {
      let divisions: readonly (readonly [property: string, division: SpectralDivision])[] = [];
      return {
        build(wrapper) {
          divisions = builtKernels(layer).map((kernel) => [
            kernel.property,
            new SpectralDivision(tf, wrapper, `${kernel.prefix}u`, kernel, epsilon),
          ]);
        },
        standIns(training) {
          return Object.fromEntries(
            divisions.map(([property, division]) => {
              const divided = division.divided(training);
              return [property, () => divided] as const;
            }),
          );
        },
      };
    },
  });
}
