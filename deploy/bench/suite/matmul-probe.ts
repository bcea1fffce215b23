// Run by `ganglion bench --suite` as a process of its own, one for each thread: what a large MatMul reaches here, in GFLOPS.
import { type Program, arraysFor } from "../../../shared/program/program.ts";
import { createGraphEngine } from "../../../worker/engine/graph/graph-engine.ts";

/** Rows and columns: three matrices of 4 MB, whose tiles fit into any cache. */
const SIZE = 1024;
const SECONDS = 1.5;

const matrix = { shape: [SIZE, SIZE], dtype: "float32" } as const;
const PRODUCT: Program = {
  values: [matrix, matrix, matrix],
  inputs: [
    { name: "a", value: 0 },
    { name: "b", value: 1 },
  ],
  constants: [],
  calls: [
    {
      kernel: "BatchMatMul",
      inputs: { a: 0, b: 1 },
      attributes: { transposeA: false, transposeB: false },
      outputs: [2],
      origin: "bench",
    },
  ],
  outputs: [{ name: "c", value: 2 }],
};

const [inputs, outputs] = [arraysFor(PRODUCT, PRODUCT.inputs), arraysFor(PRODUCT, PRODUCT.outputs)];
for (const array of Object.values(inputs)) array.fill(0.5);
const executable = await createGraphEngine("bench").prepare(PRODUCT, { inputs, outputs });
const end = performance.now() + 1000 * SECONDS;
let least = Number.POSITIVE_INFINITY;
while (performance.now() < end) {
  const begun = performance.now();
  await executable.run();
  least = Math.min(least, performance.now() - begun);
}
await executable.dispose();
process.stdout.write(`${(2 * SIZE ** 3) / least / 1e6}\n`);
