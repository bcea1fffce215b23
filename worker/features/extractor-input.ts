// Images as an extractor takes them: its channels, its size, its numbers, its order of axes.
import { GanglionError } from "../../shared/errors.ts";
import type { ExtractorSpec } from "../../shared/evaluation/extractor.ts";
import { createResizer } from "./resize.ts";

export type ImageShape = readonly [height: number, width: number, channels: number];

export interface ExtractorInput {
  /** [H, W, C] of the input, whichever order its axes have. */
  readonly shape: ImageShape;
  /** Writes image `index` [H, W, C] in [-1, 1] into the input of a batch. */
  write(image: Float32Array, input: Float32Array, index: number): void;
}

/** Weights of red, green and blue in grey (ITU-R 601-2, as Pillow's "L"). */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * Each image becomes pixels from 0 to 255, not rounded; alpha lies over white; grey is repeated for three channels, and
 * colour becomes its luma for one; it is resized where the extractor has a size of its own, and clipped to [0, 255].
 *
 * @throws GanglionError USAGE for images that are neither grey nor colour
 */
export function createExtractorInput(spec: ExtractorSpec, imageShape: ImageShape): ExtractorInput {
  const [height, width, given] = imageShape;
  if (![1, 3, 4].includes(given)) {
    throw new GanglionError(
      "USAGE",
      `images of ${given} channels cannot be given to the extractor ${spec.name}, which takes grey and colour ones: leave --evaluate-every out`,
    );
  }
  const { channels, layout, mean, std } = spec;
  const [newHeight, newWidth] = spec.size ?? [height, width];
  const isResized = newHeight !== height || newWidth !== width;
  const narrow = given === 1 ? 1 : channels; // grey is resized before it is repeated
  const pixels = new Float32Array(height * width * narrow);
  const resized = isResized ? new Float32Array(newHeight * newWidth * narrow) : pixels;
  const resizer = isResized ? createResizer([height, width], [newHeight, newWidth], narrow) : null;
  const area = newHeight * newWidth;
  return {
    shape: [newHeight, newWidth, channels],
    write(image, input, index) {
      toPixels(image, pixels, given, narrow);
      resizer?.resize(pixels, resized);
      const base = index * area * channels;
      for (let c = 0; c < channels; c++) {
        const shift = mean[c % mean.length];
        const scale = std[c % std.length];
        const from = Math.min(c, narrow - 1);
        const start = layout === "nchw" ? base + c * area : base + c;
        const stride = layout === "nchw" ? 1 : channels;
        for (let i = 0; i < area; i++) {
          const pixel = resized[i * narrow + from];
          input[start + i * stride] = (Math.min(255, Math.max(0, pixel)) - shift) / scale;
        }
      }
    },
  };
}

function toPixels(image: Float32Array, pixels: Float32Array, given: number, wanted: number): void {
  for (let from = 0, to = 0; from < image.length; from += given, to += wanted) {
    if (given === 1) {
      pixels[to] = pixelOf(image[from]);
      continue;
    }
    const alpha = given === 4 ? pixelOf(image[from + 3]) / 255 : 1;
    let luma = 0;
    for (let c = 0; c < 3; c++) {
      const pixel = alpha * pixelOf(image[from + c]) + (1 - alpha) * 255;
      if (wanted === 3) pixels[to + c] = pixel;
      else luma += LUMA[c] * pixel;
    }
    if (wanted === 1) pixels[to] = luma;
  }
}

/** Clipped before it is resized too: a generator without tanh may go beyond, and a picture could not. */
function pixelOf(value: number): number {
  return (Math.min(1, Math.max(-1, value)) + 1) * 127.5;
}
