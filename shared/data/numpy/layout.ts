// Which dimension of an array of images is which.
import { GanglionError } from "../../errors.ts";
import type { NumpyArray } from "./arrays.ts";

export interface Layout {
  readonly count: number;
  /** [H, W, C], of the images as they are read. */
  readonly imageShape: readonly [number, number, number];
  /** Whether they are saved as [C, H, W]. */
  readonly isChannelsFirst: boolean;
}

/** @throws GanglionError DATA when it is not clear which is which, naming the shapes that would be */
export function findLayout({ shape, what }: NumpyArray): Layout {
  const bad = (why: string, remedy: string): GanglionError =>
    new GanglionError("DATA", `${what} has the shape [${shape.join(", ")}]${why}: ${remedy}`);
  const [count, a, b, c] = shape;
  if (shape.length < 3 || shape.length > 4)
    throw bad(
      ", and images are [N, H, W] or [N, H, W, C]",
      shape.length === 2 ? `save array.reshape(${shape[0]}, H, W)` : "save it in one of these shapes",
    );
  if (shape.includes(0)) throw bad(", which holds nothing", "give an array with images");
  if (shape.length === 3) {
    if (isChannels(b))
      throw bad(
        ", which may be one picture [H, W, C] or many [N, H, W]",
        `save array[None] for one picture, or array[..., None] for ${count} of one channel`,
      );
    return { count, imageShape: [a, b, 1], isChannelsFirst: false };
  }
  if (isChannels(a) && isChannels(c))
    throw bad(
      ", in which the first and the last dimension of an image may be its channels",
      "save images of another size, as [N, H, W, C]",
    );
  if (isChannels(c)) return { count, imageShape: [a, b, c], isChannelsFirst: false };
  if (isChannels(a)) return { count, imageShape: [b, c, a], isChannelsFirst: true };
  throw bad(", without a dimension of 1, 3 or 4 channels", "save it as [N, H, W, C]");
}

function isChannels(size: number): boolean {
  return size === 1 || size === 3 || size === 4;
}
