// Models that this project has not seen, as strangers write them: one step on both engines, and one set of weights.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type RunConfigInput, parseConfig } from "../../shared/config/config.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { withOwnLatentSize } from "../../coordinator/compiler/models/latent-size.ts";
import type { ImageSpec } from "../../coordinator/compiler/models/networks.ts";
import { compileRun } from "../../coordinator/compiler/compile-run.ts";
import { type Program, decodeProgram, sizeOf } from "../../shared/program/program.ts";
import { fillRandomInputs } from "../../shared/program/random-inputs.ts";
import { stream } from "../../shared/random/random.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { execute } from "../support/oracle.ts";

const graph = createGraphEngine("test");
const reference = createReferenceEngine();

/**
 * Relative: the engines add in other orders, and gradients that almost cancel lose digits first. Those that cancel
 * altogether (a bias before batch normalization has the gradient 0) are the rounding of their terms alone: of a thousand
 * terms, 1e-5 of the network's gradient was measured.
 */
const TOLERANCE = 1e-4;
const ROUNDING = 3e-5;

type Shape = readonly [number, number, number];

/** Each with image shapes, batch and shard sizes that no power of two divides. */
const CASES: readonly (readonly [file: string, imageShape: Shape, batch: number, shard: number])[] = [
  ["residual-wgan.ts", [17, 23, 3], 9, 3],
  ["residual-wgan.ts", [5, 3, 1], 7, 1],
  ["dilated.js", [17, 23, 5], 6, 2],
  ["dilated.js", [1, 1, 1], 5, 5],
  ["conditional.js", [7, 9, 2], 15, 5],
  ["custom-layers.js", [3, 11, 1], 9, 3],
  ["custom-layers.js", [1, 1, 4], 6, 6],
  ["layers-inside.js", [5, 3, 2], 9, 3],
  ["gan-layers.js", [7, 10, 2], 12, 4],
  ["gan-layers.js", [2, 3, 1], 6, 2],
  ["one-dimension.js", [1, 13, 1], 10, 5],
  ["one-dimension.js", [11, 1, 3], 3, 1],
];

const modelFile = (file: string): string =>
  fileURLToPath(new URL(`../support/users-models/${file}`, import.meta.url));

describe("a step of a stranger's model is the same on the graph engine and on the reference engine", () => {
  test.each(CASES)(
    "%s, images of %j, a batch of %i in shards of %i",
    async (file, imageShape, batch, shard) => {
      for (const schedule of ["simultaneous", "alternating"] as const) {
        const programs = await traced(
          { file, batch, shard, schedule: { kind: schedule } },
          { imageShape, classes: 3 },
        );
        for (const { program, inputs } of programs) {
          const [actual, expected] = [
            await execute(graph, program, inputs),
            await execute(reference, program, inputs),
          ];
          for (const [name, array] of Object.entries(expected)) {
            expect(array.every(Number.isFinite), name).toBe(true);
            const bound = TOLERANCE * norm(array) + ROUNDING * gradientNorm(expected, name);
            expect(distance(actual[name], array), `${name} of ${schedule}`).toBeLessThanOrEqual(bound);
          }
        }
      }
    },
  );
});

const norm = (array: Float32Array): number => Math.hypot(...array);
const distance = (a: Float32Array, b: Float32Array): number => norm(a.map((value, i) => value - b[i]));

/** Of the whole network that this output is a gradient of; 0 for a metric or a moving statistic. */
function gradientNorm(outputs: Readonly<Record<string, Float32Array>>, name: string): number {
  const network = /^gradient\/[^/]+\//.exec(name)?.[0];
  if (network === undefined) return 0;
  const own = Object.entries(outputs).filter(([other]) => other.startsWith(network));
  return Math.hypot(...own.map(([, array]) => norm(array)));
}

/** One case of each file. */
const MODELS = CASES.filter(([file], i) => CASES.findIndex(([other]) => other === file) === i);

describe("a stranger's model has one set of weights on 1, 2 and 3 workers", () => {
  test.each(MODELS)(
    "%s, images of %j, a batch of %i in shards of %i",
    async (file, imageShape, batch, shard) => {
      const out = await temporaryFolder();
      const data = await writeIdxFolder(join(out, "data"), 24, imageShape, 3);
      const size = ["--batch", String(batch), "--shard", String(shard), "--steps", "6"];
      const flags = ["--model", modelFile(file), "--data", data, ...size, "--out", out];
      const runs = await Promise.all(
        ["1", "2", "3"].map((workers) => trainJson([...flags, "--workers", workers])),
      );
      const [{ weightsHash }] = runs;
      expect(weightsHash).toMatch(/^[0-9a-f]{64}$/);
      for (const run of runs) expect(run).toMatchObject({ steps: 6, weightsHash });
    },
  );

  test.each(["conditional.js", "layers-inside.js", "gan-layers.js"])(
    "also when %s is resumed; and its checkpoint draws images",
    async (file) => {
      const out = await temporaryFolder();
      const data = await writeIdxFolder(join(out, "data"), 24, [7, 9, 2], 3);
      const flags = ["--model", modelFile(file), "--data", data, "--batch", "6", "--shard", "2"];
      const whole = await trainJson([...flags, "--steps", "6", "--out", out]);
      const half = await trainJson([...flags, "--steps", "3", "--out", out]);
      const resumed = await trainJson(["--resume", String(half["run"]), "--steps", "6"]);
      expect(resumed["weightsHash"]).toBe(whole["weightsHash"]);
      const picture = join(out, "grid.png");
      const answer = await runCli(["generate", "--checkpoint", String(half["run"]), "--count", "5", "--out", picture]); // prettier-ignore
      expect(answer).toMatchObject({ code: 0, stdout: `5 images of step 6 in ${picture}` });
    },
  );
});

interface Traced {
  readonly program: Program;
  readonly inputs: Readonly<Record<string, Float32Array>>;
}

/** Every phase's program, with the initial weights and seeded values for its other inputs. */
async function traced(
  { file, ...settings }: { readonly file: string } & Partial<RunConfigInput>,
  images: ImageSpec,
): Promise<Traced[]> {
  const model = { kind: "module", file: modelFile(file) } as const;
  const length = { kind: "steps", steps: 1 } as const;
  const config = await withOwnLatentSize(
    parseConfig({ model, length, sampleCount: 2, ...settings }),
    undefined,
  );
  const run = await compileRun(config, images);
  const slots = new Map(run.layout.slots.map((slot) => [slot.name, slot]));
  return run.phases.map(({ program: hash }) => {
    const program = decodeProgram(run.programs.get(hash)!);
    const inputs = Object.fromEntries(
      program.inputs.map(({ name, value }) => {
        const slot = slots.get(name);
        const size = sizeOf(program.values[value].shape);
        return [name, slot ? viewOf(run.initialWeights, slot).slice() : drawn(name, size, images.classes)];
      }),
    );
    fillRandomInputs(program, inputs, 1, ["test"]);
    return { program, inputs };
  });
}

function drawn(name: string, size: number, classes: number): Float32Array {
  const array = new Float32Array(size);
  stream(5, name).fillNormal(array);
  if (name === "labels")
    return array.map((_, i) => (i % classes === Math.floor(i / classes) % classes ? 1 : 0));
  return name === "samples" ? array.map(Math.tanh) : array;
}
