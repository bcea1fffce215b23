// Bicubic resizing as Pillow does it for float images: Image.fromarray(a, mode="F").resize((w, h), Image.BICUBIC).
import { expect, test } from "vitest";
import { createResizer } from "../../../../worker/features/resize.ts";

/** (37 y² + 101 x + 13 x y) mod 256 */
function picture(height: number, width: number): Float32Array {
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return (37 * y * y + 101 * x + 13 * x * y) % 256;
  });
}

/** What Pillow 12 gives. */
const PILLOW = [
  {
    from: [4, 5],
    to: [2, 3],
    pixels: [65.4145, 100.6113, 138.9291, 113.5775, 115.2731, 140.3399],
  },
  {
    from: [3, 3],
    to: [5, 4],
    pixels: [
      -8.0173, 51.522, 148.7867, 222.8002, 1.9248, 80.7256, 134.007, 128.3662, 31.0448, 118.4125, 105.9972,
      1.5821, 112.9799, 82.1293, 72.6324, 90.4431, 164.0742, 53.6971, 53.6804, 164.0345,
    ],
  },
  {
    from: [9, 7],
    to: [4, 7],
    pixels: [
      41.9884, 102.091, 108.1066, 73.3711, 186.3988, 142.5145, 150.0479, 102.3131, 156.3471, 113.6885,
      122.0351, 153.7561, 21.6819, 173.2865, 99.9523, 172.7878, 180.4218, 95.1466, 61.2238, 179.9784,
      149.8484, 40.8494, 137.581, 177.2003, 117.1978, 49.7423, 151.2576, 83.6241,
    ],
  },
] as const;

test.each(PILLOW)("$from to $to pixels gives what Pillow gives", ({ from, to, pixels }) => {
  const target = new Float32Array(to[0] * to[1]);
  createResizer(from, to, 1).resize(picture(from[0], from[1]), target);
  // Pillow adds up in float64 and keeps float32, as this does; four digits were noted.
  for (const [i, pixel] of pixels.entries()) expect(target[i]).toBeCloseTo(pixel, 3);
});

test("each channel is resized by itself", () => {
  const one = picture(4, 5);
  const three = Float32Array.from({ length: 60 }, (_, i) => one[Math.floor(i / 3)] * ((i % 3) + 1));
  const target = new Float32Array(2 * 3 * 3);
  createResizer([4, 5], [2, 3], 3).resize(three, target);
  for (const [i, pixel] of PILLOW[0].pixels.entries())
    for (let c = 0; c < 3; c++) expect(target[3 * i + c]).toBeCloseTo(pixel * (c + 1), 2);
});

test("a picture of one colour stays it, at any size", () => {
  const target = new Float32Array(299 * 299);
  createResizer([28, 28], [299, 299], 1).resize(new Float32Array(784).fill(200), target);
  expect(Math.max(...target.map((pixel) => Math.abs(pixel - 200)))).toBeLessThan(1e-4); // weights add up to 1 ± 1e-7
});
