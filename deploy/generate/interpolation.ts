// A way through latent space: from picture to picture over the sphere on which most noise lies, and back to the first.
import type { Pictures } from "./pictures.ts";

export interface Interpolation {
  /** The pictures that it leads through: `tiles` closed ways of `keys` each, side by side in every frame. */
  readonly keys: Pictures;
  readonly keysEach: number;
  readonly tiles: number;
  readonly frames: number;
  /** Z */
  readonly latentSize: number;
}

/** Picture `frame · tiles + tile` is what tile shows in that frame; a tile keeps the class of its first key. */
export function interpolate({ keys, keysEach, tiles, frames, latentSize }: Interpolation): Pictures {
  const vectors = new Map<number, Float32Array>();
  const key = (number: number): Float32Array => {
    let vector = vectors.get(number);
    if (!vector) {
      vector = new Float32Array(latentSize);
      keys.noise(number, vector);
      vectors.set(number, vector);
    }
    return vector;
  };
  return {
    count: frames * tiles,
    noise(picture, out) {
      const [frame, tile] = [Math.floor(picture / tiles), picture % tiles];
      const along = (frame * keysEach) / frames;
      const from = Math.floor(along);
      const first = tile * keysEach;
      slerp(key(first + from), key(first + ((from + 1) % keysEach)), along - from, out);
    },
    classOf: (picture) => keys.classOf(picture % tiles),
  };
}

/**
 * Spherical interpolation (Shoemake 1985): the directions turn at one speed, and the lengths change evenly, so that every
 * vector on the way is as long as noise is. White 2016 says why straight lines will not do.
 */
export function slerp(a: Float32Array, b: Float32Array, t: number, out: Float32Array): void {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  const [lengthA, lengthB] = [Math.sqrt(aa), Math.sqrt(bb)];
  const cosine = lengthA * lengthB === 0 ? 1 : Math.min(1, Math.max(-1, dot / (lengthA * lengthB)));
  const angle = Math.acos(cosine);
  if (Math.sin(angle) < 1e-6) {
    for (let i = 0; i < a.length; i++) out[i] = a[i] + (b[i] - a[i]) * t; // one line, or no direction at all
    return;
  }
  const length = lengthA + (lengthB - lengthA) * t;
  const [fromA, fromB] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  for (let i = 0; i < a.length; i++) out[i] = length * ((fromA * a[i]) / lengthA + (fromB * b[i]) / lengthB);
}
