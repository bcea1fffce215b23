// Optimized graphs on disk: found again by whom they are right for, and never trusted where they are damaged.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import { beforeEach, expect, test } from "vitest";
import { GraphBuilder } from "../../../../../worker/engine/graph/graph-builder.ts";
import { CPU } from "../../../../../worker/engine/graph/lower/convolution/tuning.ts";
import { encodeModel } from "../../../../../worker/engine/graph/onnx.ts";
import { loadOnnxRuntime } from "../../../../../worker/engine/graph/onnxruntime.ts";
import { OptimizedGraphs } from "../../../../../worker/engine/graph/optimized-graphs.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const ort = loadOnnxRuntime("cpu");
const OPTIONS = { graphOptimizationLevel: "all", logSeverityLevel: 4 } as const;

/** y = relu(x · xᵀ) + 1 + … + n: the optimizer has something to do. */
function modelOf(n: number): Uint8Array {
  const builder = new GraphBuilder(CPU);
  const x = builder.input("x", { dtype: "float32", shape: [3, 4] });
  let y = builder.node("Relu", [builder.node("MatMul", [x, builder.transpose(x, [1, 0])])]);
  for (let i = 1; i <= n; i++) y = builder.node("Add", [y, builder.scalar(i)]);
  builder.output("y", y, { dtype: "float32", shape: [3, 3] });
  return encodeModel(builder.graph());
}

let folder: string;
/** The optimization that each session was asked for. */
let levels: unknown[];

beforeEach(async () => {
  folder = join(await temporaryFolder(), "not", "there");
  levels = [];
});

async function resultOf(model: Uint8Array, numerics = "here", from = folder): Promise<number[]> {
  const create = (bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> => {
    levels.push(options.graphOptimizationLevel);
    return ort.InferenceSession.create(bytes, options);
  };
  const session = await new OptimizedGraphs(from, numerics).open(create, model, OPTIONS);
  const x = new ort.Tensor(
    "float32",
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    [3, 4],
  );
  const { y } = await session.run({ x });
  await session.release();
  return [...(y.data as Float32Array)];
}

const files = async (): Promise<string[]> => (await readdir(folder)).toSorted();

test("a graph is optimized once, and computes the same afterwards; nothing unfinished stays", async () => {
  const [first, second] = [await resultOf(modelOf(2)), await resultOf(modelOf(2))];
  expect(second).toEqual(first);
  expect(levels).toEqual(["all", "disabled"]);
  expect(await files()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.graph$/)]);
});

test("another graph, library or processor has a file of its own", async () => {
  await resultOf(modelOf(2));
  await resultOf(modelOf(3));
  await resultOf(modelOf(2), "elsewhere");
  expect(levels).toEqual(["all", "all", "all"]);
  expect(await files()).toHaveLength(3);
});

test.each<[string, (content: Buffer) => Buffer]>([
  ["is cut off", (content) => content.subarray(0, content.length - 1)],
  ["has a wrong byte", (content) => Buffer.from(content.map((byte, i) => (i === 100 ? byte ^ 1 : byte)))],
  ["is empty", () => Buffer.alloc(0)],
])("a file that %s is made again", async (_what, damage) => {
  const first = await resultOf(modelOf(2));
  const [name] = await files();
  const whole = await readFile(join(folder, name));
  await writeFile(join(folder, name), damage(whole));
  expect(await resultOf(modelOf(2))).toEqual(first);
  expect(levels).toEqual(["all", "all"]);
  expect((await readFile(join(folder, name))).subarray(32)).toHaveLength(whole.length - 32);
});

test("where the folder cannot be written, sessions are made without it", async () => {
  const blocked = join(await temporaryFolder(), "file");
  await writeFile(blocked, "");
  const first = await resultOf(modelOf(2));
  expect(await resultOf(modelOf(2), "here", blocked)).toEqual(first);
  expect(levels).toEqual(["all", "all"]);
});

test("of more than the folder may hold, what was used the longest time ago goes", async () => {
  const room = { file: 2000, folder: 2000 };
  const create = ort.InferenceSession.create.bind(ort.InferenceSession);
  for (const n of [1, 2, 3, 4, 5]) await (await new OptimizedGraphs(folder, "here", room).open(create, modelOf(n), OPTIONS)).release(); // prettier-ignore
  const kept = await files();
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(5);
  await resultOf(modelOf(5));
  expect(levels).toEqual(["disabled"]);
});
