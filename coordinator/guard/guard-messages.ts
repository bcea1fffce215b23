// What the guard says, and the watch for zeros: the layer, the numbers, and the remedies with their flags, those that are not in use yet.
import type { OptimizerConfig } from "../../shared/config/optimizer-config.ts";

/** What to do about a gradient that is not finite any more. */
export const DIVERGED_REMEDY =
  "training has diverged; start anew with a smaller --learning-rate, bound the gradient with --clip-norm 1, or hold the weights down with --l2 1e-4 or more";

interface LayerNorm {
  readonly layer: string;
  readonly norm: number;
}

interface FoundLayer extends LayerNorm {
  readonly network: string;
  readonly optimizer: OptimizerConfig;
}

interface Exploding extends FoundLayer {
  /** Null where the norm is large without having grown, as in a network that was built so. */
  readonly usual: number | null;
}

export function explodingMessage({ layer, norm, usual, network, optimizer }: Exploding): string {
  const alone = network === "classifier" ? "" : ` (${rateFlag(network)}: for it alone)`;
  const rate = `a smaller --learning-rate than ${short(optimizer.learningRate)}${alone}`;
  const clip = "bound it with --clip-norm 1";
  const l2 = optimizer.l2 === 0 ? ", or hold the weights down with --l2 1e-4 or more" : "";
  return usual === null
    ? `the gradient of ${layer} is ${short(norm)}, and below 10 is usual: start anew with smaller initial weights or normalization between the layers, ${clip}, or choose ${rate}${l2}`
    : `the gradient of ${layer} has grown to ${short(norm)}, ${short(norm / usual)} times its usual size: start anew with ${rate}, or ${clip}${l2}`;
}

interface Vanishing extends FoundLayer {
  readonly strongest: LayerNorm;
}

export function vanishingMessage({ layer, norm, strongest, optimizer }: Vanishing): string {
  const little = norm < SMALLEST_FLOAT32 ? "is zero" : `is ${short(norm)}`;
  const step =
    optimizer.kind === "sgd"
      ? "; --optimizer adam takes steps that do not shrink with the gradient"
      : `; ${optimizer.kind} evens out the size of the steps, not the noise in so small a gradient`;
  return `the gradient of ${layer} ${little}, beside ${short(strongest.norm)} in ${strongest.layer}: it vanishes on its way, and the layer learns next to nothing; use leaky relu in place of sigmoid or tanh, normalization between the layers, or fewer layers${step}`;
}

interface Starved {
  readonly network: string;
  readonly norm: number;
  /** What the network had in its best time; 0 where it is too young to have had one. */
  readonly highest: number;
}

export function starvedMessage({ network, norm, highest }: Starved): string {
  const fallen = highest > norm ? `has fallen from ${short(highest)} to ${short(norm)}` : `is ${short(norm)}`;
  return `the gradient of the ${network} ${fallen}: it learns no more, its output or the discriminator's is saturated; start anew with a smaller ${rateFlag(network)}${network === "discriminator" ? "" : " or --discriminator-learning-rate"}, or normalization between the layers`;
}

interface Absent {
  readonly network: string;
  readonly rounds: number;
}

export function absentMessage({ network, rounds }: Absent): string {
  return `no gradient reaches the ${network}: it has been exactly zero in ${rounds} rounds in turn; its loss has no slope any more (a margin that every sample meets, a sigmoid at its end), every unit on the way is dead, or the machine computes nothing: ganglion doctor tries it; else start anew with a smaller ${rateFlag(network)}, with leaky relu in place of relu, or with another loss`;
}

interface Zeros {
  readonly node: string;
  readonly phase: string;
  readonly rounds: number;
}

export function zeroGradientsMessage({ node, phase, rounds }: Zeros): string {
  return `node ${node} has answered ${rounds} rounds of phase ${phase} in turn with zeros alone, while others did not: its shards teach nothing; its memory or GPU may be broken: stop the node, and try its machine with ganglion doctor`;
}

interface Won {
  readonly loss: number;
  readonly norm: number;
  readonly highest: number;
}

export function wonMessage({ loss, norm, highest }: Won): string {
  return `the discriminator wins: its loss is ${short(loss)} of late, and its gradient has fallen from ${short(highest)} to ${short(norm)}; the generator is told only that all it makes is wrong: start anew with a smaller --discriminator-learning-rate or a larger --generator-learning-rate, or with dropout or noise in the discriminator`;
}

const SMALLEST_FLOAT32 = 1.4e-45;

function rateFlag(network: string): string {
  return network === "classifier" ? "--learning-rate" : `--${network}-learning-rate`;
}

/** Two digits: 0.31, 3.1e5. */
function short(value: number): string {
  const plain = value >= 1e-3 && value < 1e4;
  return plain
    ? String(Number(value.toPrecision(2)))
    : value.toExponential(1).replace(".0e", "e").replace("e+", "e");
}
