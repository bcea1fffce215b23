// The warnings about gradients: what is wrong, the numbers that show it, and one remedy.
import type { OptimizerConfig } from "../../shared/config/optimizer-config.ts";
import { short } from "./short.ts";

/** What to do about a gradient that is not finite any more. */
export const DIVERGED_REMEDY =
  "training has diverged; start anew with a smaller --learning-rate, or from an earlier checkpoint with --from";

interface LayerNorm {
  readonly layer: string;
  readonly norm: number;
}

interface Exploding extends LayerNorm {
  /** Null where the norm is large without having grown, as in a network that was built so. */
  readonly usual: number | null;
}

/** Of a run without clipping: with it no gradient explodes. */
export function explodingMessage({ layer, norm, usual }: Exploding): string {
  const found =
    usual === null
      ? `is ${short(norm)}, and below 10 is usual`
      : `has grown to ${short(norm)}, ${short(norm / usual)} times its usual size`;
  return `the gradient of ${layer} ${found}: go on with --resume RUN --change clip-norm=1, which bounds it`;
}

interface Vanishing extends LayerNorm {
  readonly strongest: LayerNorm;
  readonly optimizer: OptimizerConfig;
}

export function vanishingMessage({ layer, norm, strongest, optimizer }: Vanishing): string {
  const little = norm < SMALLEST_FLOAT32 ? "is zero" : `is ${short(norm)}`;
  const remedy =
    optimizer.kind === "sgd"
      ? "go on with --resume RUN --change optimizer=adam, whose steps do not shrink with the gradient"
      : "put normalization between the layers";
  return `the gradient of ${layer} ${little}, beside ${short(strongest.norm)} in ${strongest.layer}: it vanishes between the two, and the layer learns next to nothing; ${remedy}`;
}

interface Starved {
  readonly network: string;
  readonly norm: number;
  /** What the network had in its best time; 0 where it is too young to have had one. */
  readonly highest: number;
}

export function starvedMessage({ network, norm, highest }: Starved): string {
  const fallen = highest > norm ? `has fallen from ${short(highest)} to ${short(norm)}` : `is ${short(norm)}`;
  return `the gradient of the ${network} ${fallen}: it no longer learns, because its output or the discriminator's is saturated; start anew with a smaller ${rateFlag(network)}`;
}

interface Absent {
  readonly network: string;
  readonly rounds: number;
}

export function absentMessage({ network, rounds }: Absent): string {
  return `no gradient reaches the ${network}: it has been exactly zero in ${rounds} rounds in a row, because its loss has no slope any more or every unit on the way is dead; start anew with a smaller ${rateFlag(network)}`;
}

interface ZeroGradients {
  readonly node: string;
  readonly phase: string;
  readonly rounds: number;
}

export function zeroGradientsMessage({ node, phase, rounds }: ZeroGradients): string {
  return `node ${node} has answered ${rounds} rounds of phase ${phase} in a row with nothing but zeros, while others did not: its memory or GPU may be broken; stop the node, and try its machine with ganglion doctor`;
}

interface Won {
  readonly loss: number;
  readonly norm: number;
  readonly highest: number;
}

export function wonMessage({ loss, norm, highest }: Won): string {
  return `the discriminator wins: its recent loss is ${short(loss)}, and its gradient has fallen from ${short(highest)} to ${short(norm)}; go on with --resume RUN --change discriminator-learning-rate=X, a smaller one`;
}

const SMALLEST_FLOAT32 = 1.4e-45;

function rateFlag(network: string): string {
  return network === "classifier" ? "--learning-rate" : `--${network}-learning-rate`;
}
