// What is done to the pictures of a data set, a sentence for each rule that applies, with counts.
import type { ImageOptions } from "../image-options.ts";
import type { Target } from "./decode.ts";
import type { Survey } from "./survey.ts";
import { listSizes } from "./target.ts";

/** In the order in which a picture goes through them. */
export function notesOf(
  survey: Survey,
  { imageShape, fit, background }: Target,
  options: ImageOptions,
): string[] {
  const [height, width, channels] = imageShape;
  const { sizes, grey, colour, oriented, sixteenBit, palette, cmyk, alpha, animated } = survey;
  const resized = sizes.filter((size) => size.height !== height || size.width !== width);
  const notes: string[] = [];
  const note = (count: number, what: string): void => {
    if (count > 0) notes.push(`${pictures(count)} ${what}`);
  };
  note(oriented, "turned by the EXIF orientation");
  note(animated, "animated: the first frame is taken");
  note(palette, "with a palette, made into colours");
  note(cmyk, "in CMYK, converted to RGB");
  note(sixteenBit, "of 16 bits, scaled to 8 (65535 becomes 255)");
  if (channels === 4) note(grey + colour - alpha, "without alpha, made opaque");
  else note(alpha, `with alpha, composited onto ${background} (--background; --channels 4 keeps alpha)`);
  if (channels === 1) note(colour, "in colour, made grey (--channels 1)");
  else
    note(grey, options.channels === null ? "of grey, made colour like the others" : "of grey, made colour");
  if (resized.length > 0) {
    const count = resized.reduce((sum, size) => sum + size.count, 0);
    notes.push(
      `${pictures(count)} of ${resized.length === 1 ? "size" : `${resized.length.toLocaleString("en-US")} sizes:`} ${listSizes(resized)} resized to ${height} high × ${width} wide (${FITTING[fit]})`,
    );
  }
  return notes;
}

const FITTING = {
  cover: "--fit cover: cut from the middle",
  contain: "--fit contain: with borders",
  stretch: "--fit stretch",
} as const;

export function pictures(count: number): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? "picture" : "pictures"}`;
}
