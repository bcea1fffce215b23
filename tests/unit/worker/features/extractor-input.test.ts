// How images become an extractor's input: channels, alpha, clipping, normalization, order of axes.
import { describe, expect, test } from "vitest";
import type { ExtractorSpec } from "../../../../shared/evaluation/extractor.ts";
import { createExtractorInput } from "../../../../worker/features/extractor-input.ts";

/** Pixels as they are, 0 … 255. */
const SPEC: ExtractorSpec = {
  name: "test",
  kind: "program",
  hash: "0".repeat(64),
  batch: 2,
  size: null,
  channels: 3,
  layout: "nhwc",
  mean: [0],
  std: [1],
  input: "images",
  features: "features",
  probabilities: null,
  isLogits: false,
  featureCount: 4,
  classCount: 0,
};

/** Of pixels 0 … 255. */
function image(...pixels: number[]): Float32Array {
  return Float32Array.from(pixels, (pixel) => pixel / 127.5 - 1);
}

/** The input of one image [H, W, C]. */
function inputOf(
  spec: Partial<ExtractorSpec>,
  shape: readonly [number, number, number],
  pixels: number[],
): number[] {
  const input = createExtractorInput({ ...SPEC, ...spec }, shape);
  const [height, width, channels] = input.shape;
  const target = new Float32Array(2 * height * width * channels).fill(-7);
  input.write(image(...pixels), target, 1);
  const size = height * width * channels;
  expect([...target.subarray(0, size)]).toEqual(Array.from({ length: size }, () => -7)); // the other image's place
  return [...target.subarray(size)].map((value) => Math.round(value * 1000) / 1000);
}

describe("channels", () => {
  test("grey is repeated for an extractor of colour", () => {
    expect(inputOf({}, [1, 2, 1], [10, 200])).toEqual([10, 10, 10, 200, 200, 200]);
  });

  test("colour becomes its luma for one of grey", () => {
    // 0.299 · 100 + 0.587 · 50 + 0.114 · 200 = 82.05
    expect(inputOf({ channels: 1 }, [1, 1, 3], [100, 50, 200])).toEqual([82.05]);
  });

  test("alpha lies over white", () => {
    // 0.2 · 100 + 0.8 · 255 = 224
    expect(inputOf({}, [1, 1, 4], [100, 0, 255, 51])).toEqual([224, 204, 255]);
  });

  test("five channels are neither, which is said", () => {
    expect(() => createExtractorInput(SPEC, [1, 1, 5])).toThrow(/images of 5 channels cannot be given/);
  });
});

test("what a generator draws beyond black and white is clipped, before and after resizing", () => {
  expect(inputOf({}, [1, 1, 1], [-100])).toEqual([0, 0, 0]);
  const sharp = inputOf({ channels: 1, size: [1, 8] }, [1, 4, 1], [0, 0, 255, 255]);
  expect(Math.min(...sharp)).toBe(0); // bicubic overshoots to both sides of the edge
  expect(Math.max(...sharp)).toBe(255);
});

test("pixels are not rounded", () => {
  expect(inputOf({ channels: 1 }, [1, 1, 1], [100.25])).toEqual([100.25]);
});

test("each channel is normalized by its own mean and deviation", () => {
  expect(inputOf({ mean: [10, 20, 30], std: [1, 2, 4] }, [1, 1, 3], [50, 60, 70])).toEqual([40, 20, 10]);
});

test("NCHW has the channels one after the other", () => {
  expect(inputOf({ layout: "nchw" }, [1, 2, 3], [1, 2, 3, 4, 5, 6])).toEqual([1, 4, 2, 5, 3, 6]);
});
