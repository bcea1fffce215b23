// A user's ONNX extractor: its outputs, sizes and normalization, and what is said of files that do not fit.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { extractorFile } from "../../../../deploy/evaluation/extractor-file.ts";
import { encodeModel } from "../../../../worker/engine/graph/onnx.ts";
import { openEngine } from "../../../../worker/engine/open-engine.ts";
import { onnxExtraction } from "../../../../worker/features/extract.ts";
import { createExtractorInput } from "../../../../worker/features/extractor-input.ts";
import { temporaryFolder } from "../../../support/cli.ts";

const BATCH = 2;

/** Shaped as Inception: images [B, 3, S, S]; features are the means of the three channels [B, 3], logits twice those. */
async function inceptionLike(side: number, sidecar: object | string | null): Promise<string> {
  const file = join(await temporaryFolder(), "tiny.onnx");
  const two = new Uint8Array(Float32Array.of(2).buffer);
  const mean = { axes: { ints: [2, 3] }, keepdims: { int: 0 } };
  const model = encodeModel({
    nodes: [
      { op: "ReduceMean", inputs: ["x"], outputs: ["pool3"], attributes: mean },
      { op: "Mul", inputs: ["pool3", "two"], outputs: ["fc"], attributes: {} },
    ],
    exact: new Set(),
    initializers: [{ name: "two", type: "float32", shape: [], data: two }],
    inputs: [{ name: "x", type: "float32", shape: [BATCH, 3, side, side] }],
    outputs: [
      { name: "pool3", type: "float32", shape: [BATCH, 3] },
      { name: "fc", type: "float32", shape: [BATCH, 3] },
    ],
  });
  await writeFile(file, model);
  const text = typeof sidecar === "string" ? sidecar : JSON.stringify(sidecar);
  if (sidecar !== null) await writeFile(file.replace(".onnx", ".json"), text);
  return file;
}

describe("an ONNX file and its .json", () => {
  test("give features of images that are resized and normalized as it says", async () => {
    const whole = { features: "pool3", logits: "fc", size: 12, range: [-1, 1], batch: BATCH };
    const file = await inceptionLike(12, whole);
    const { spec, bytes } = await extractorFile(file, [4, 4, 1]);
    expect(spec).toMatchObject({
      name: "tiny.onnx",
      kind: "onnx",
      size: [12, 12],
      input: "x",
      batch: BATCH,
      featureCount: 3,
      classCount: 3,
      features: "pool3",
      probabilities: "fc",
      isLogits: true,
    });
    const input = createExtractorInput(spec, [4, 4, 1]);
    const engine = await openEngine({ engine: "graph", device: "cpu" });
    const extraction = await onnxExtraction(spec, bytes, engine, input.shape);
    input.write(new Float32Array(16).fill(0.5), extraction.input, 0); // of -1 … 1, as images of a run are
    input.write(new Float32Array(16).fill(-3), extraction.input, 1); // clipped to -1
    const { features, probabilities } = await extraction.run();
    expect([...features].map((value) => Number(value.toFixed(5)))).toEqual([0.5, 0.5, 0.5, -1, -1, -1]);
    for (const probability of probabilities) expect(probability).toBeCloseTo(1 / 3, 6); // softmax of equals
  });

  test("without a size take images as they are, in the first input and output", async () => {
    const { spec } = await extractorFile(await inceptionLike(4, { batch: BATCH }), [4, 4, 3]);
    expect(spec).toMatchObject({
      size: null,
      input: "x",
      features: "pool3",
      probabilities: null,
      classCount: 0,
    });
    expect([spec.mean, spec.std]).toEqual([[0], [255]]); // 0 … 1
  });

  test("mean and deviation count after the range, by channel", async () => {
    const sidecar = { batch: BATCH, mean: [0.5, 0.25, 0], std: [0.5, 1, 2] };
    const { spec } = await extractorFile(await inceptionLike(4, sidecar), [4, 4, 3]);
    expect([spec.mean, spec.std]).toEqual([
      [127.5, 63.75, 0],
      [127.5, 255, 510],
    ]);
  });
});

describe("what does not fit is said:", () => {
  test.each([
    ["no .json", null, /needs .*tiny\.json beside it/],
    ["a .json that is none", "{", /tiny\.json/],
    ["an unknown field", { sizes: 12 }, /tiny\.json: .*sizes/],
    ["an output that there is not", { features: "pool", batch: BATCH }, /no output "pool": it has pool3, fc/],
    ["an input that there is not", { input: "images", batch: BATCH }, /no input "images": it has x/],
    ["classes without features", { logits: "fc" }, /none with features/],
    [
      "two outputs with classes",
      { features: "pool3", logits: "fc", probabilities: "fc" },
      /name one of them/,
    ],
    ["a range without extent", { range: [1, 1] }, /black and white both become 1/],
    ["a deviation of zero", { std: [1, 0, 1] }, /0 cannot be divided by/],
    ["another size than the model's", { size: 5, batch: BATCH }, /fails on images \[2, 3, 5, 5\]/],
  ])("%s", async (_what, sidecar, message) => {
    await expect(extractorFile(await inceptionLike(12, sidecar), [12, 12, 3])).rejects.toThrow(message);
  });

  test("a file that is no model", async () => {
    const file = await inceptionLike(4, {});
    await writeFile(file, "no model");
    await expect(extractorFile(file, [4, 4, 3])).rejects.toThrow(
      /ONNX Runtime cannot use the extractor tiny\.onnx/,
    );
  });

  test("an engine that runs programs only", async () => {
    const { spec, bytes } = await extractorFile(await inceptionLike(4, { batch: BATCH }), [4, 4, 3]);
    const engine = await openEngine({ engine: "reference", device: "cpu" });
    await expect(onnxExtraction(spec, bytes, engine, [4, 4, 3])).rejects.toThrow(
      /the reference engine runs no ONNX models, and the extractor tiny\.onnx is one: use --engine graph/,
    );
  });
});
