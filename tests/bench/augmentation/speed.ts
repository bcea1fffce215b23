// What augmentation costs: milliseconds of one thread for both networks' gradients of one shard, the best of some runs.
//
//   npx jiti tests/bench/augmentation/speed.ts
import { compileRun } from "../../../coordinator/compiler/compile-run.ts";
import { type RunConfigInput, parseConfig } from "../../../shared/config/config.ts";
import { arraysFor, decodeProgram } from "../../../shared/program/program.ts";
import { fillRandomInputs } from "../../../shared/program/random-inputs.ts";
import { viewOf } from "../../../shared/protocol/layout.ts";
import type { Executable } from "../../../worker/engine/engine.ts";
import { createGraphEngine } from "../../../worker/engine/graph/graph-engine.ts";

const RUNS = 30;
const SIZES = [
  { size: [28, 28, 1], filters: 32, shard: 64 },
  { size: [32, 32, 3], filters: 64, shard: 32 },
  { size: [64, 64, 3], filters: 64, shard: 16 },
] as const;
const AUGMENTATIONS: readonly (readonly [string, NonNullable<RunConfigInput["augment"]>])[] = [
  ["none", { kind: "none" }],
  ["DiffAugment", { kind: "diff-augment" }],
  ["ADA", { kind: "ada", probability: 0.5 }],
];

const engine = createGraphEngine("this machine");
console.log(`| images of a shard | ${AUGMENTATIONS.map(([name]) => name).join(" | ")} |`);
console.log("| --- | --- | --- | --- |");
for (const { size, filters, shard } of SIZES) {
  const shards: Executable[] = [];
  for (const [, augment] of AUGMENTATIONS) shards.push(await prepare(size, filters, shard, augment));
  const row = shards.map(() => Number.POSITIVE_INFINITY);
  for (let run = 0; run < RUNS; run++)
    // one after the other, so that whatever else runs here meets all of them
    for (const [i, executable] of shards.entries()) {
      const started = performance.now();
      await executable.run();
      row[i] = Math.min(row[i], performance.now() - started);
    }
  for (const executable of shards) await executable.dispose();
  const cells = row.map((ms) => `${ms.toFixed(0)} ms (${(ms / row[0]).toFixed(2)})`);
  console.log(`| ${shard} of ${size.join(" × ")} | ${cells.join(" | ")} |`);
}

/** A round of one shard, ready to run. */
async function prepare(
  imageShape: readonly [number, number, number],
  filters: number,
  shard: number,
  augment: NonNullable<RunConfigInput["augment"]>,
): Promise<Executable> {
  const config = parseConfig({
    model: { kind: "preset", name: "dcgan", filters },
    length: { kind: "steps", steps: 10 },
    batch: shard,
    shard,
    augment,
  });
  const run = await compileRun(config, { imageShape, classes: 0 });
  const program = decodeProgram(run.programs.get(run.phases[0].program)!);
  const inputs = arraysFor(program, program.inputs);
  for (const slot of run.layout.slots)
    if (slot.name in inputs) inputs[slot.name].set(viewOf(run.initialWeights, slot));
  fillRandomInputs(program, inputs, 1, ["speed"]);
  return engine.prepare(program, { inputs, outputs: arraysFor(program, program.outputs) });
}
