// The library that decodes pictures, restricted to the formats that are read.
import type Sharp from "sharp";

/** libvips's loaders of the formats that are read; what else it can load (SVG, PDF …) is refused whatever it is called. */
const LOADERS = ["Png", "Jpeg", "Webp", "Nsgif", "Heif", "Tiff"].map((name) => `VipsForeignLoad${name}`);

/** What `metadata().format` says of them: AVIF is `heif`. */
export const READ_FORMATS = "PNG, JPEG, WebP, GIF, AVIF and TIFF";

/** Pixels a picture may have: 2^28, such as 16,384 × 16,384; a header that claims more is not believed. */
export const MOST_PIXELS = 2 ** 28;

/** Loaded where pictures are read only: it takes a tenth of a second, and native libraries. */
export async function loadImageLibrary(): Promise<typeof Sharp> {
  const { default: sharp } = await import("sharp");
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: LOADERS });
  // Many pictures at a time, each on one thread: faster than one picture on many, and nothing is read twice.
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}

/** A truncated picture is an error; what a decoder merely warns of is not. */
export const READING = { failOn: "truncated", limitInputPixels: MOST_PIXELS } as const;

/** The library's first sentence, without what it says of itself. */
export function reasonOf(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
  if (/unsupported image format/i.test(line)) return `it is none of ${READ_FORMATS}`;
  if (/exceeds pixel limit/i.test(line))
    return `it claims more than ${MOST_PIXELS.toLocaleString("en-US")} pixels`;
  return line.replace(/^Vips\w+: /, "").trim();
}
