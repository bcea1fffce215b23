// The warnings about the game of the two networks: what is wrong, the numbers that show it, and one remedy.
import { short } from "./short.ts";

export interface Collapsed {
  readonly images: number;
  /** Root mean squared distance of two images a pixel, of 2 from black to white: generated ones, the data's. */
  readonly made: number;
  readonly data: number;
  /** The same of D's features, where it shows any. */
  readonly features?: { readonly made: number; readonly data: number };
}

export function collapseMessage({ images, made, data, features }: Collapsed): string {
  const seen = features ? `, and D's features of them by ${percent(features.made, features.data)}` : "";
  return `the generator has collapsed: its ${images} images of different noise are one picture, they differ by ${percent(made, data)} of what two of the data do${seen}; look whether the noise reaches its output (a dead or saturated layer), and start anew with a smaller --generator-learning-rate`;
}

interface Partial extends Collapsed {
  /** Shares of images with a near copy, and how many images are left without copies. */
  readonly copied: number;
  readonly different: number;
  readonly copiedData: number;
  /** Whether labels reach the networks: then one picture of each class is the usual way to collapse. */
  readonly isByClass: boolean;
}

export function partialCollapseMessage({
  images,
  copied,
  different,
  copiedData,
  isByClass,
}: Partial): string {
  const or = isByClass ? ", or with another --generator-conditioning" : "";
  return `the generator has collapsed to a few pictures: ${Math.round(copied * images)} of its ${images} images of different noise are near copies of another one, ${different} are different, where of ${images} images of the data ${Math.round(copiedData * images)} have a near copy; start anew with a smaller --generator-learning-rate${or}`;
}

interface Wins {
  readonly images: number;
  readonly gap: number;
  readonly norm: number;
  readonly highest: number;
}

export function winsMessage({ images, gap, norm, highest }: Wins): string {
  const far = Number.isFinite(gap) ? `, ${short(gap)} standard deviations apart` : "";
  return `the discriminator wins: its scores tell ${images} real from ${images} generated images without a mistake${far}, and its gradient has fallen from ${short(highest)} to ${short(norm)}, so neither network learns; go on with --resume RUN --change discriminator-learning-rate=X, a smaller one`;
}

interface Loses {
  /** Share of pairs of a real and a generated image that it puts in the right order. */
  readonly right: number;
  readonly isConstant: boolean;
}

export function losesMessage({ right, isConstant }: Loses): string {
  const scores = isConstant
    ? "it gives every image the same score"
    : `its scores are right about ${Math.round(100 * right)} of 100 pairs of a real and a generated image`;
  return `the discriminator loses: ${scores}, though the generated images differ plainly from the data's; go on with --resume RUN --change discriminator-learning-rate=X, a larger one`;
}

interface Dead {
  readonly layer: string;
  readonly images: number;
  /** A layer that gets no gradient. */
  readonly before: string;
  readonly rounds: number;
}

export function deadMessage({ layer, images, before, rounds }: Dead): string {
  return `the ReLU of ${layer} is dead: it gives 0 for all of ${images} images, and the gradient of ${before} has been exactly zero in ${rounds} rounds in a row; start anew with tf.layers.leakyReLU in its place, or with a smaller --learning-rate`;
}

interface Oscillates {
  readonly network: string;
  readonly period: number;
  readonly amplitude: number;
  readonly before: number;
  readonly level: number;
}

export function oscillationMessage({ network, period, amplitude, before, level }: Oscillates): string {
  const growing = amplitude > 1.5 * before ? `, and more and more (${short(before)} before)` : "";
  return `training oscillates: the ${network}'s loss swings by ${short(amplitude)} around a mean size of ${short(level)} with a period of ${period} steps${growing}; go on with --resume RUN --change learning-rate=X, a smaller one`;
}

function percent(part: number, whole: number): string {
  return `${short((100 * part) / whole)} %`;
}
