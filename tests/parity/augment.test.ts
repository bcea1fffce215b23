// DiffAugment and ADA against PyTorch, from the same images and draws: the same pictures, the same gradients.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";
import { ada } from "../../coordinator/compiler/objectives/augment/ada/ada.ts";
import { diffAugment } from "../../coordinator/compiler/objectives/augment/diff-augment/diff-augment.ts";
import { recordProgram } from "../../coordinator/compiler/trace/trace.ts";
import { optimizeProgram } from "../../shared/program/optimize.ts";
import {
  type Tensor,
  decodeSafetensors,
  encodeSafetensors,
} from "../../coordinator/records/files/safetensors.ts";
import { arraysFor } from "../../shared/program/program.ts";
import { fillRandomInputs } from "../../shared/program/random-inputs.ts";
import { stream } from "../../shared/random/random.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { runOnceOn } from "../../worker/run-once.ts";
import { relativeError } from "../support/relative-error.ts";
import { PYTHON, lacking } from "./pytorch.ts";

type Method = "diff-augment" | "ada";

const run = promisify(execFile);
const context = tensorflow();
const METHODS: Readonly<Record<Method, (images: tf.Tensor, p: tf.Tensor) => tf.Tensor>> = {
  "diff-augment": (images) => diffAugment(context, images),
  ada: (images, p) => ada(context, images, p),
};

const missing = await lacking();
if (missing !== null) console.warn(`skipped: ${missing}`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-augment-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(missing !== null)("pictures and gradients are PyTorch's within 1e-5", () => {
  test.each<[Method, number[], number]>([
    ["diff-augment", [16, 32, 32, 3], 1],
    ["diff-augment", [16, 9, 20, 1], 1],
    ["ada", [32, 32, 32, 3], 0.6],
    ["ada", [32, 28, 28, 1], 1],
    ["ada", [32, 12, 20, 3], 1],
  ])("%s on %j at p = %d", async (method, shape, p) => {
    // every draw counts, also those that come to nothing here: PyTorch takes them in their order
    const program = await recordProgram(({ input, gradients }) => {
      const [images, weights] = [input("images", shape), input("weights", shape)];
      const made = METHODS[method](images, input("p", []));
      const loss = context.sum(context.mul(weights, context.add(made, context.div(context.square(made), 2))));
      return { made, gradient: gradients(loss, [images])[0] };
    });
    const inputs = arraysFor(program, program.inputs);
    stream(1, "images").fillUniform(inputs["images"]);
    inputs["images"] = inputs["images"].map((value) => 2 * value - 1);
    stream(1, "weights").fillNormal(inputs["weights"]);
    inputs["p"][0] = p;
    fillRandomInputs(program, inputs, 2, ["draws"]);

    const [given, out] = ["in", "out"].map((name) => join(folder, `${method}-${shape.join("-")}-${name}`));
    const tensors = new Map(
      program.inputs.map(({ name, value }): [string, Tensor] => [
        name.replace("random/", "draw/"),
        { shape: name === "p" ? [1] : program.values[value].shape, dtype: "F32", data: inputs[name] },
      ]),
    );
    await writeFile(given, encodeSafetensors({ tensors, metadata: {} }));
    const script = fileURLToPath(new URL("./pytorch/augment.py", import.meta.url));
    await run(PYTHON, ["-B", script, "--method", method, "--inputs", given, "--out", out]);
    const expected = decodeSafetensors(await readFile(out), out).tensors;

    const actual = await runOnceOn(createGraphEngine("test"), optimizeProgram(program), inputs);
    for (const name of ["made", "gradient"]) {
      const error = relativeError(actual[name], expected.get(name)!.data as Float32Array);
      console.log(`${method} on ${shape.join(" × ")}, ${name}: ${error.toExponential(1)} apart`);
      expect(error, name).toBeLessThan(1e-5);
    }
  });
});
