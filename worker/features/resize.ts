// Bicubic resizing with anti-aliasing in float32, as Pillow does it for images of floats ("F"), which clean-fid uses.
//
// Parmar, Zhang and Zhu 2022, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation": without anti-aliasing, or
// with rounding to bytes in between, FIDs differ by more than methods do.

/** Where each output pixel's window of input pixels begins, and its weights: [out, taps], zero behind a window's end. */
interface Windows {
  readonly starts: Int32Array;
  readonly weights: Float64Array;
  readonly taps: number;
}

/** Resizes images of one size, one after the other. */
export interface Resizer {
  /** `image` [H, W, C] to `target` [h, w, C]; not clipped: bicubic weights overshoot. */
  resize(image: Float32Array, target: Float32Array): void;
}

export function createResizer(
  [height, width]: readonly [number, number],
  [newHeight, newWidth]: readonly [number, number],
  channels: number,
): Resizer {
  const across = windowsOf(width, newWidth);
  const down = windowsOf(height, newHeight);
  const between = new Float32Array(height * newWidth * channels);
  return {
    resize(image, target) {
      horizontally(image, between, { across, height, width, newWidth, channels });
      vertically(between, target, { down, newHeight, row: newWidth * channels });
    },
  };
}

/** Keys' cubic with a = -0.5, which Pillow's BICUBIC is; zero beyond 2. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

/** The filter is as wide as the scale where the image shrinks: that is the anti-aliasing. Weights add up to 1. */
function windowsOf(size: number, newSize: number): Windows {
  const scale = size / newSize;
  const stretch = Math.max(1, scale);
  const support = 2 * stretch;
  const taps = 2 * Math.ceil(support) + 1;
  const starts = new Int32Array(newSize);
  const weights = new Float64Array(newSize * taps);
  for (let i = 0; i < newSize; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(size, Math.trunc(center + support + 0.5));
    const own = Array.from({ length: end - first }, (_, k) => cubic((first + k - center + 0.5) / stretch));
    const sum = own.reduce((total, weight) => total + weight, 0);
    starts[i] = first;
    for (const [k, weight] of own.entries()) weights[i * taps + k] = weight / sum;
  }
  return { starts, weights, taps };
}

interface Horizontally {
  readonly across: Windows;
  readonly height: number;
  readonly width: number;
  readonly newWidth: number;
  readonly channels: number;
}

function horizontally(
  from: Float32Array,
  to: Float32Array,
  { across: { starts, weights, taps }, height, width, newWidth, channels }: Horizontally,
): void {
  for (let x = 0; x < newWidth; x++) {
    const last = Math.min(taps, width - starts[x]);
    for (let y = 0; y < height; y++) {
      for (let c = 0; c < channels; c++) {
        let at = (y * width + starts[x]) * channels + c;
        let sum = 0;
        for (let k = 0; k < last; k++, at += channels) sum += weights[x * taps + k] * from[at];
        to[(y * newWidth + x) * channels + c] = sum;
      }
    }
  }
}

interface Vertically {
  readonly down: Windows;
  readonly newHeight: number;
  /** Numbers of one row. */
  readonly row: number;
}

function vertically(
  from: Float32Array,
  to: Float32Array,
  { down: { starts, weights, taps }, newHeight, row }: Vertically,
): void {
  const height = from.length / row;
  const sums = new Float64Array(row);
  for (let y = 0; y < newHeight; y++) {
    sums.fill(0);
    const last = Math.min(taps, height - starts[y]);
    for (let k = 0; k < last; k++) {
      const weight = weights[y * taps + k];
      const at = (starts[y] + k) * row;
      for (let x = 0; x < row; x++) sums[x] += weight * from[at + x];
    }
    to.set(sums, y * row);
  }
}
