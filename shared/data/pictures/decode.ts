// One picture becomes one image: turned upright, resized, of the wanted channels, 8 bits.
import type { Sharp } from "sharp";
import type { ImageOptions } from "../image-options.ts";
import { READING, loadImageLibrary } from "./image-library.ts";

/** What every picture of a data set is made into. */
export interface Target extends Pick<ImageOptions, "fit" | "background"> {
  /** [H, W, C], C 1, 3 or 4. */
  readonly imageShape: readonly [number, number, number];
}

/** [H, W, C] unsigned bytes of one picture. @throws Error when it cannot be decoded, with the library's reason */
export type Decode = (picture: DecodeInput) => Promise<Uint8Array>;

export type DecodeInput =
  | { readonly kind: "encoded"; readonly bytes: Uint8Array }
  | {
      readonly kind: "pixels";
      readonly bytes: Uint8Array;
      readonly imageShape: readonly [number, number, number];
    };

const FIT = { cover: "cover", contain: "contain", stretch: "fill" } as const;

/**
 * EXIF orientation is applied; palettes become colours; CMYK becomes RGB by its profile; 16 bits become 8 (65535 → 255,
 * never clipped); of an animation the first frame is taken; alpha is composited onto the background, or kept where there
 * are four channels. Resizing is by Lanczos-3, over as many source pixels as it takes: no aliasing.
 */
export async function createDecoder({ imageShape, fit, background }: Target): Promise<Decode> {
  const sharp = await loadImageLibrary();
  const [height, width, channels] = imageShape;
  const open = (input: DecodeInput): Sharp => {
    switch (input.kind) {
      case "encoded":
        return sharp(input.bytes, READING).autoOrient();
      case "pixels": {
        const [rows, columns, planes] = input.imageShape;
        return sharp(input.bytes, { raw: { height: rows, width: columns, channels: planes as 1 | 3 | 4 } });
      }
      default:
        return input satisfies never;
    }
  };
  return async (input) => {
    const resized = open(input).resize({ height, width, fit: FIT[fit], background });
    const opaque = channels === 4 ? resized.ensureAlpha() : resized.flatten({ background });
    const { data, info } = await opaque
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.height === height && info.width === width && info.channels === channels) return data;
    throw new Error(`it decodes to ${info.height}×${info.width}×${info.channels}`);
  };
}
