// Which channels of an image are its colours: alpha moves with the image, and is never recoloured.
import { type Tensor, type Tensorflow } from "./tensorflow.ts";

/** As in PNG files, two channels are grey with alpha and four are colour with alpha; of any other number all are colours. */
export function colourCount(channels: number): number {
  return channels === 2 || channels === 4 ? channels - 1 : channels;
}

/** The images [B, H, W, C] with `recolour` done to their colours [B, H, W, colours]. */
export function onColours(tf: Tensorflow, images: Tensor, recolour: (colours: Tensor) => Tensor): Tensor {
  const channels = images.shape[3]!;
  const count = colourCount(channels);
  if (count === channels) return recolour(images);
  const [colours, alpha] = tf.split(images, [count, channels - count], 3);
  return tf.concat([recolour(colours), alpha], 3);
}

/** What is the same in all colours of a pixel, [B, H, W, 1]. */
export function luma(tf: Tensorflow, colours: Tensor): Tensor {
  return tf.mean(colours, 3, true);
}
