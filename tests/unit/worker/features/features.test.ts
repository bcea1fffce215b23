// Features of a piece: every image in its own row, whichever batches it was computed in.
import { expect, test } from "vitest";
import type { ExtractorSpec } from "../../../../shared/evaluation/extractor.ts";
import { createExtractorInput } from "../../../../worker/features/extractor-input.ts";
import { type Drawing, createFeatures } from "../../../../worker/features/features.ts";
import { openSamples } from "../../../../worker/batches.ts";
import { SampleOrder } from "../../../../shared/data/sample-order.ts";
import { openImages } from "../../../../shared/data/images.ts";
import { randomDataset } from "../../../support/small-run.ts";

const BATCH = 3;
const SPEC: ExtractorSpec = {
  name: "test",
  kind: "program",
  hash: "0".repeat(64),
  batch: BATCH,
  size: null,
  channels: 1,
  layout: "nhwc",
  mean: [0],
  std: [1],
  input: "images",
  features: "features",
  probabilities: "probabilities",
  isLogits: false,
  featureCount: 2,
  classCount: 1,
};

/** Features: the two pixels of each image; probability: their sum. */
function pixelExtraction(): {
  readonly input: Float32Array;
  readonly runs: () => number;
  run: () => Promise<{ features: Float32Array; probabilities: Float32Array }>;
} {
  const input = new Float32Array(BATCH * 2);
  let runs = 0;
  return {
    input,
    runs: () => runs,
    run() {
      runs++;
      const probabilities = Float32Array.from({ length: BATCH }, (_, i) => input[2 * i] + input[2 * i + 1]);
      return Promise.resolve({ features: input, probabilities });
    },
  };
}

/** Draws two images at a time, whose pixels are what the noise is. */
function noiseDrawing(): Drawing {
  const noise = new Float32Array(2 * 2);
  const images = new Float32Array(2 * 2);
  const program = { values: [], inputs: [], constants: [], calls: [], outputs: [] };
  const run = (): Promise<void> => {
    images.set(noise.map((value) => Math.tanh(value)));
    return Promise.resolve();
  };
  return { program, batch: 2, inputs: { noise }, images, latentSize: 2, classes: 0, run };
}

async function featuresOf(task: {
  source: "generated" | "train";
  first: number;
  images: number;
  seed?: number;
}): Promise<{ rows: number[][]; runs: number; read: (id: number) => number[] }> {
  const dataset = await randomDataset(10, [1, 2, 1]);
  const extraction = pixelExtraction();
  const compute = createFeatures({
    spec: SPEC,
    input: createExtractorInput(SPEC, [1, 2, 1]),
    extraction,
    drawing: noiseDrawing(),
    samples: openSamples(dataset),
    sampleCount: 10,
    imageSize: 2,
  });
  const output = new Float32Array(task.images * 3);
  await compute({ seed: 5, ...task, output });
  const rows = Array.from({ length: task.images }, (_, i) => [...output.subarray(3 * i, 3 * i + 3)]);
  const reader = openImages(dataset.images, 2);
  return { rows, runs: extraction.runs(), read: (id) => [...reader.read(id)] };
}

test("real images come in the fixed order of their seed, wherever a piece begins", async () => {
  const { rows, read } = await featuresOf({ source: "train", first: 4, images: 5 });
  const order = new SampleOrder(5, 10);
  for (const [i, [a, b, sum]] of rows.entries()) {
    const [x, y] = read(order.idAt(4 + i));
    expect([Math.round(a), Math.round(b)]).toEqual([x, y]);
    expect(sum).toBeCloseTo(a + b, 3);
  }
});

test("an image that is drawn has the same row in any piece", async () => {
  const whole = await featuresOf({ source: "generated", first: 0, images: 8 });
  const part = await featuresOf({ source: "generated", first: 4, images: 3 });
  expect(part.rows).toEqual(whole.rows.slice(4, 7));
  expect(new Set(whole.rows.map((row) => row.join())).size).toBe(8); // and no two have the same noise
});

test("another seed draws other images", async () => {
  const [one, other] = [5, 6].map((seed) => featuresOf({ source: "generated", first: 0, images: 2, seed }));
  expect((await one).rows).not.toEqual((await other).rows);
});

test("the extractor's batches are full, except for the last", async () => {
  expect((await featuresOf({ source: "generated", first: 0, images: 8 })).runs).toBe(3);
});
