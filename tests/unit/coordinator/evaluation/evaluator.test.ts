// What a generator is compared with: as many real images, the floor, and what is kept of both.
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FeatureRequest } from "../../../../coordinator/evaluation/asked.ts";
import { Evaluator, type EvaluatorOptions } from "../../../../coordinator/evaluation/evaluator.ts";
import { stream } from "../../../../shared/random/random.ts";
import type { ExtractorSpec } from "../../../../shared/evaluation/extractor.ts";
import { temporaryFolder } from "../../../support/cli.ts";

/** Two features and two classes. */
const SPEC: ExtractorSpec = {
  name: "test",
  kind: "program",
  hash: "0".repeat(64),
  batch: 4,
  size: [2, 2],
  channels: 1,
  layout: "nhwc",
  mean: [0],
  std: [1],
  input: "images",
  features: "f",
  probabilities: "p",
  isLogits: false,
  featureCount: 2,
  classCount: 2,
};

interface Setting extends Partial<EvaluatorOptions> {
  readonly count?: number;
}

function evaluatorOf({ count = 40, ...options }: Setting): {
  evaluator: Evaluator;
  asked: FeatureRequest[];
  warnings: string[];
  extract: (request: FeatureRequest) => Promise<Float32Array>;
} {
  const asked: FeatureRequest[] = [];
  const warnings: string[] = [];
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
  const train = {
    name: "data",
    count,
    imageShape: [2, 2, 1],
    fingerprint: "f",
    labels,
    classLabels: [0, 1],
  } as const;
  const evaluator = new Evaluator({
    spec: SPEC,
    images: 20,
    seed: 3,
    train,
    flip: false,
    asked: null,
    cache: null,
    numerics: () => "this machine",
    warn: (message) => warnings.push(message),
    ...options,
  });
  /** Normal features of the stream of each image; all are of class 1. */
  const extract = (request: FeatureRequest): Promise<Float32Array> => {
    asked.push(request);
    const rows = Array.from({ length: request.images }, (_, i) => {
      const random = stream(request.seed, request.source, request.first + i);
      return [random.normal(), random.normal(), 0, 1];
    });
    return Promise.resolve(Float32Array.from(rows.flat()));
  };
  return { evaluator, asked, warnings, extract };
}

test("a set is compared with as many real images, and the floor with other real ones", async () => {
  const { evaluator, asked, warnings, extract } = evaluatorOf({});
  const evaluation = await evaluator.measure(extract);
  expect(asked).toEqual([
    { source: "train", seed: 0, first: 0, images: 40 }, // both sets of the floor
    { source: "generated", seed: 3, first: 0, images: 20 },
  ]);
  expect(evaluation).toMatchObject({
    extractor: "test",
    resizer: "none",
    images: 20,
    seed: 3,
    floor: { images: 20 },
  });
  expect(evaluation.metrics).toMatchObject({
    modes: 1,
    modesKl: 0,
    inceptionScore: expect.closeTo(1, 12) as number,
  });
  expect(warnings).toEqual([]);
  await evaluator.measure(extract);
  expect(asked).toHaveLength(3); // the reference is there
});

test("fewer real images than asked for are all compared, which is said, with a floor of two halves", async () => {
  const { evaluator, warnings, extract } = evaluatorOf({ count: 11 });
  expect(await evaluator.measure(extract)).toMatchObject({ images: 11, floor: { images: 5 } });
  expect(warnings).toEqual(["20 images are to be measured, and the data have 11: 11 are compared with 11"]);
});

test("mirrored images are samples too where the run has them", async () => {
  const { evaluator, asked, extract } = evaluatorOf({ count: 11, flip: true });
  expect(await evaluator.measure(extract)).toMatchObject({ images: 20, floor: { images: 11 } });
  expect(asked[0].images).toBe(22);
});

test("no more images than features are warned of, and their numbers are finite", async () => {
  const { evaluator, warnings, extract } = evaluatorOf({ images: 2 });
  const { metrics, floor } = await evaluator.measure(extract);
  expect(warnings).toEqual([expect.stringContaining("2 images are no more than the 2 features of test")]);
  const numbers = [...Object.values(metrics), ...Object.values(floor!.metrics)];
  expect(numbers.filter((value) => !Number.isFinite(value))).toEqual([]);
});

test("accuracy counts where the extractor knows the classes of the data, and only there", async () => {
  const asked = [0, 1]; // in turn, and all are classified as 1: half are right
  const train = {
    name: "data",
    count: 40,
    imageShape: [2, 2, 1],
    fingerprint: "f",
    classLabels: [0, 1],
  } as const;
  const knows = evaluatorOf({ asked, train: { ...train, labels: new Uint8Array(40).fill(1) } });
  expect((await knows.evaluator.measure(knows.extract)).metrics["accuracy"]).toBe(0.5);
  const foreign = evaluatorOf({
    asked: [7, 8],
    train: { ...train, classLabels: [7, 8], labels: new Uint8Array(40).fill(7) },
  });
  const { metrics, floor } = await foreign.evaluator.measure(foreign.extract);
  expect([metrics["accuracy"], floor!.metrics["accuracy"]]).toEqual([undefined, undefined]);
});

test("a reference is kept, and taken where all that it depends on is the same", async () => {
  const cache = join(await temporaryFolder(), "evaluation");
  await mkdir(cache);
  const first = evaluatorOf({ cache });
  const expected = await first.evaluator.measure(first.extract);
  const again = evaluatorOf({ cache });
  expect(await again.evaluator.measure(again.extract)).toEqual(expected);
  expect(again.asked.map(({ source }) => source)).toEqual(["generated"]);
  const others: Setting[] = [
    { images: 19 },
    { flip: true },
    { numerics: () => "another machine" },
    { spec: { ...SPEC, hash: "1".repeat(64) } },
    { spec: { ...SPEC, std: [2] } },
  ];
  for (const [i, other] of others.entries()) {
    const { evaluator, asked, extract } = evaluatorOf({ cache, ...other });
    await evaluator.measure(extract);
    expect(asked.map(({ source }) => source)).toEqual(["train", "generated"]);
    expect(await readdir(cache)).toHaveLength(2 + i);
  }
});
