// How maps shrink from the image to the smallest map, for images of any size.
import { GanglionError } from "../../../../shared/errors.ts";

/** [H, W] of a map. */
export type Size = readonly [number, number];

/** One stage of both networks: the discriminator goes from `large` to `small`, the generator the other way. */
export interface Stage {
  readonly large: Size;
  /** Half of each side, rounded up, or the side itself where it is small enough already. */
  readonly small: Size;
  /** For each side: 2 where it is halved, 1 where it stays. */
  readonly strides: [number, number];
  /** Channels of the map of size `small`. */
  readonly channels: number;
}

const LEAST_SIDE = 8;
const MOST_SIDE = 256;
/** A side is halved while it is longer: so every side ends with 4 to 7 points. */
const SMALL_SIDE = 7;
/** Radford et al. 2016: channels double with each stage, up to eight times those of the first. */
const MOST_DOUBLED = 8;

/**
 * The stages from the image to the smallest map, which has 4 to 7 points a side:
 *
 *   side    n -> ⌈n / 2⌉ while n > 7         28 -> 14 -> 7;  64 -> 32 -> 16 -> 8 -> 4;  17 -> 9 -> 5
 *   channels   F, 2F, 4F, 8F, 8F …
 *
 * Each side is halved by itself: in an image that is not square the shorter side is done sooner, and stays while the
 * longer is still halved (48×64 -> 24×32 -> 12×16 -> 6×8 -> 6×4).
 *
 * @throws GanglionError MODEL for a side that is not from 8 to 256
 */
export function stagesOf(
  image: readonly [number, number, ...number[]],
  filters: number,
  architecture = "dcgan",
): readonly Stage[] {
  checkSize(image, architecture);
  const stages: Stage[] = [];
  let large: Size = [image[0], image[1]];
  while (Math.max(...large) > SMALL_SIDE) {
    const strides: Stage["strides"] = [strideOf(large[0]), strideOf(large[1])];
    const small = [Math.ceil(large[0] / strides[0]), Math.ceil(large[1] / strides[1])] as const;
    const channels = filters * Math.min(2 ** stages.length, MOST_DOUBLED);
    stages.push({ large, small, strides, channels });
    large = small;
  }
  return stages;
}

/** The longer side of each map below the image, the largest first. */
export function sidesOf(stages: readonly Pick<Stage, "small">[]): number[] {
  return stages.map(({ small }) => Math.max(...small));
}

export function stagesText({ length }: readonly unknown[]): string {
  return `${length} stage${length === 1 ? "" : "s"}`;
}

/**
 * Maps of both sides halved together, from the image to the smallest: the shorter side n -> ⌈n / 2⌉ while n > 7, and the
 * longer as often, so that the ratio stays.
 *
 * @throws GanglionError MODEL as `stagesOf`
 */
export function evenSizes(
  image: readonly [number, number, ...number[]],
  architecture: string,
): readonly Size[] {
  checkSize(image, architecture);
  const sizes: Size[] = [[image[0], image[1]]];
  for (;;) {
    const [height, width] = sizes.at(-1)!;
    if (Math.min(height, width) <= SMALL_SIDE) return sizes;
    sizes.push([Math.ceil(height / 2), Math.ceil(width / 2)]);
  }
}

function checkSize([height, width]: readonly [number, number, ...number[]], architecture: string): void {
  if (Math.min(height, width) >= LEAST_SIDE && Math.max(height, width) <= MOST_SIDE) return;
  throw new GanglionError(
    "MODEL",
    `${architecture} draws images of ${LEAST_SIDE} to ${MOST_SIDE} pixels a side, and these are ${height}×${width}: resize them with --image-size, or give networks for that size with --model FILE`,
  );
}

/** Sides of a stage's kernels: of what is halved 4, as in the paper, of what stays 3. */
export function kernelOf({ strides }: Pick<Stage, "strides">): [number, number] {
  const [high, wide] = strides.map((stride) => (stride === 2 ? 4 : 3));
  return [high, wide];
}

/** Parameters of both networks that are trained. */
export function dcganParameters(
  stages: readonly Stage[],
  { channels: colours, latentSize }: { readonly channels: number; readonly latentSize: number },
): number {
  const { small, channels } = stages.at(-1)!;
  const units = small[0] * small[1] * channels;
  return stages.reduce(
    (sum, stage, i) => {
      const above = i === 0 ? colours : stages[i - 1].channels;
      const [high, wide] = kernelOf(stage);
      const kernel = high * wide * above * stage.channels;
      const generators = i === 0 ? kernel + above : kernel + 2 * above; // a bias, or scale and offset
      return sum + generators + kernel + stage.channels;
    },
    latentSize * units + 2 * units + (units + 1), // the dense layers: the generator's, normalized, and the discriminator's
  );
}

function strideOf(side: number): 1 | 2 {
  return side > SMALL_SIDE ? 2 : 1;
}
