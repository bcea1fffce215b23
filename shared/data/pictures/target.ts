// What all pictures of a data set become, by what there is and what the user wants.
import { GanglionError } from "../../errors.ts";
import type { ImageOptions } from "../image-options.ts";
import type { PixelContent } from "../source.ts";
import type { Target } from "./decode.ts";
import type { SizeCount, Survey } from "./survey.ts";

/**
 * The size is the user's, else the one that all have; the channels are the user's, else three where any picture has
 * colour, else one.
 *
 * @throws GanglionError DATA naming the sizes where there are several and none is given
 */
export function targetOf({ sizes, colour }: Survey, name: string, options: ImageOptions): Target {
  const { size, fit, background } = options;
  const [height, width] = size ?? onlySize(sizes, name);
  return { imageShape: [height, width, options.channels ?? (colour > 0 ? 3 : 1)], fit, background };
}

function onlySize(sizes: readonly SizeCount[], name: string): readonly [number, number] {
  const [{ height, width }] = sizes;
  if (sizes.length === 1) return [height, width];
  throw new GanglionError(
    "DATA",
    `the pictures of ${name} are of ${sizes.length} sizes (${listSizes(sizes)}): give the one to resize them to, such as --image-size ${suggestSize(sizes)}`,
  );
}

/** `640×480 (12), 480×640 (3) and 5 more` */
export function listSizes(sizes: readonly SizeCount[], most = 4): string {
  const shown = sizes.slice(0, sizes.length === most + 1 ? most + 1 : most);
  const parts = shown.map(
    ({ height, width, count }) => `${height}×${width} (${count.toLocaleString("en-US")})`,
  );
  if (sizes.length > shown.length)
    parts.push(`${(sizes.length - shown.length).toLocaleString("en-US")} more`);
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}

/** The largest usual size that enlarges no picture; 64 is what a GAN is begun with. */
function suggestSize(sizes: readonly SizeCount[]): number {
  const least = Math.min(...sizes.map(({ height, width }) => Math.min(height, width)));
  return [64, 32, 16].find((side) => side <= least) ?? least;
}

/** What images that are not encoded become; null where they stay as they are. */
export function pixelTarget(
  { imageShape }: PixelContent,
  name: string,
  options: ImageOptions,
): Target | null {
  const { size, fit, background } = options;
  const [height, width, channels] = imageShape;
  const wanted = [size?.[0] ?? height, size?.[1] ?? width, options.channels ?? channels] as const;
  if (wanted.every((length, axis) => length === imageShape[axis])) return null;
  if (channels === 1 || channels === 3 || channels === 4) return { imageShape: wanted, fit, background };
  throw new GanglionError(
    "DATA",
    `the images of ${name} have ${channels} channels, and only those of 1, 3 or 4 can be made into others: leave --image-size and --channels out`,
  );
}
