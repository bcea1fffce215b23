// Gradients of image resizing: each axis is a matrix, and its transposition carries dy back.
import * as tf from "@tensorflow/tfjs-core";
import { type Gradients, gradient } from "./gradient-config.ts";

/** The inputs, with their weights, that output number `o` is made of; `scale` is input pixels an output pixel. */
type Sampling = (o: number, scale: number, size: number, options: Options) => readonly (readonly [index: number, weight: number])[]; // prettier-ignore

interface Options {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

export const RESIZING: Gradients = new Map([
  ["ResizeBilinear", ofResize(bilinear)],
  // tfjs's own reads dy of the wrong image from the second of a batch on
  ["ResizeNearestNeighbor", ofResize(nearest)],
]);

function ofResize(sampling: Sampling): ReturnType<typeof gradient> {
  return gradient(["images"], (dy, [images], attributes) => ({
    images: () => {
      const options = attributes as unknown as Options;
      const [batch, height, width, channels] = images.shape;
      const [, outHeight, outWidth] = dy.shape;
      const rows = transposedMatrix(sampling, outHeight, height, options); // [1, H, outH]
      const columns = transposedMatrix(sampling, outWidth, width, options);
      const high = tf.matMul(rows, tf.reshape(dy, [batch, outHeight, outWidth * channels]));
      const wide = tf.matMul(columns, tf.reshape(high, [batch * height, outWidth, channels]));
      return tf.reshape(wide, images.shape);
    },
  }));
}

/** M[i, o] is the weight of input i in output o: [1, inSize, outSize]. */
function transposedMatrix(sampling: Sampling, outSize: number, inSize: number, options: Options): tf.Tensor {
  const matrix = new Float32Array(inSize * outSize);
  const aligned = options.alignCorners && outSize > 1;
  const scale = aligned ? (inSize - 1) / (outSize - 1) : inSize / outSize;
  for (let o = 0; o < outSize; o++) {
    for (const [i, weight] of sampling(o, scale, inSize, options)) matrix[i * outSize + o] += weight;
  }
  return tf.tensor(matrix, [1, inSize, outSize]);
}

function bilinear(o: number, scale: number, size: number, options: Options): (readonly [number, number])[] {
  const place = options.halfPixelCenters ? scale * (o + 0.5) - 0.5 : scale * o;
  const low = Math.max(0, Math.floor(place));
  const high = Math.min(size - 1, Math.ceil(place));
  const fraction = place - low; // outside the image both are its edge, and the weights still add up to 1
  return [[low, 1 - fraction], [Math.max(0, high), fraction]]; // prettier-ignore
}

function nearest(o: number, scale: number, size: number, options: Options): (readonly [number, number])[] {
  const place = scale * (options.halfPixelCenters ? o + 0.5 : o);
  const index = options.alignCorners ? Math.round(place) : Math.floor(place);
  return [[Math.min(size - 1, index), 1]];
}
