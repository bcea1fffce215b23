// Where a preset's networks attend: behind the maps of the side that is chosen.
import type { ModelContext } from "../users/model-context.ts";
import { type Choices, attendedSide } from "./choices.ts";
import { isNormalized } from "./kernels.ts";
import type { Layer } from "./sequence.ts";
import type { Size } from "./stages.ts";

/** For each map [H, W] of a network: self-attention, or nothing. `sides` are those that the networks' maps have. */
export function attentionOf(
  { layers, imageShape }: ModelContext,
  network: "generator" | "discriminator",
  choices: Choices,
  sides: readonly number[],
): (map: Size) => Layer[] {
  const side = attendedSide(choices, sides, imageShape);
  const spectralNorm = isNormalized(network, choices.spectralNorm);
  return (map) => (Math.max(...map) === side ? [layers.selfAttention({ spectralNorm })] : []);
}
