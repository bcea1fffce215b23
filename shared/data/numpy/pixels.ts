// An array's images as bytes [N, H, W, C], whatever their type and layout.
import type { NumpyArray } from "./arrays.ts";
import { elementsOf } from "./elements.ts";
import type { Layout } from "./layout.ts";
import type { Scale } from "./scale.ts";

/** Images of this many bytes are turned at once. */
const PIECE_BYTES = 2 ** 20;

export async function* pixelsOf(
  array: NumpyArray,
  { imageShape, isChannelsFirst }: Layout,
  scale: Scale,
): AsyncGenerator<Uint8Array, void> {
  const bytes = array.type === "u1" ? array.content() : scaled(array, scale);
  if (isChannelsFirst) yield* channelsLast(bytes, imageShape);
  else yield* bytes;
}

async function* scaled(array: NumpyArray, { zero, factor }: Scale): AsyncGenerator<Uint8Array, void> {
  for await (const values of elementsOf(array)) {
    const bytes = new Uint8ClampedArray(values.length); // for the last bits beyond an edge; the range was looked at
    for (let i = 0; i < values.length; i++) bytes[i] = Math.round((values[i] - zero) * factor);
    yield new Uint8Array(bytes.buffer);
  }
}

/** [N, C, H, W] as [N, H, W, C] */
async function* channelsLast(
  pieces: AsyncIterable<Uint8Array>,
  [height, width, channels]: readonly [number, number, number],
): AsyncGenerator<Uint8Array, void> {
  const plane = height * width;
  const size = plane * channels;
  let waiting: Uint8Array[] = [];
  let length = 0;
  const turn = (): Uint8Array => {
    const all = Buffer.concat(waiting);
    const whole = length - (length % size);
    const turned = new Uint8Array(whole);
    for (let image = 0; image < whole; image += size)
      for (let pixel = 0; pixel < plane; pixel++)
        for (let channel = 0; channel < channels; channel++)
          turned[image + pixel * channels + channel] = all[image + channel * plane + pixel];
    waiting = [all.subarray(whole)];
    length -= whole;
    return turned;
  };
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length >= Math.max(size, PIECE_BYTES)) yield turn();
  }
  if (length >= size) yield turn();
}
