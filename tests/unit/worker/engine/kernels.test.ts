// Every kernel, forward and backward, on both engines against eager tfjs on its CPU backend.
import { describe, expect, test } from "vitest";
import { createGraphEngine } from "../../../../worker/engine/graph/graph-engine.ts";
import { LOWERINGS } from "../../../../worker/engine/graph/lower/lower.ts";
import { createReferenceEngine } from "../../../../worker/engine/reference-engine.ts";
import { FIXED } from "../../../support/kernel-cases/all.ts";
import { CONVOLUTIONS } from "../../../support/kernel-cases/convolutions.ts";
import { GROUPED_CONVOLUTIONS } from "../../../support/kernel-cases/grouped-convolutions.ts";
import { randomCases } from "../../../support/kernel-cases/random.ts";
import { GPU } from "../../../../worker/engine/graph/lower/convolution/tuning.ts";
import { compareWithOracle } from "../../../support/oracle.ts";

/** Float32 has 24 bits, 6e-8; sums of some hundred products in another order lose two more digits. */
const TOLERANCE = 1e-5;

/** Another seed: KERNEL_SEED=7 KERNEL_CASES=1000 npx vitest run tests/unit/worker/engine/kernels.test.ts */
const RANDOM = randomCases(
  Number(process.env["KERNEL_SEED"] ?? 1),
  Number(process.env["KERNEL_CASES"] ?? 90),
);

const CASES = [...FIXED, ...RANDOM];

const lowered = new Set<string>();

describe.each([createGraphEngine("test"), createReferenceEngine()])(
  "engine $name agrees with tfjs:",
  (engine) => {
    test.each(CASES.map((oracleCase) => [oracleCase.name, oracleCase] as const))(
      "%s",
      async (_name, oracleCase) => {
        const { errors, program } = await compareWithOracle(engine, oracleCase);
        if (engine.name === "graph") for (const { kernel } of program.calls) lowered.add(kernel);
        for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
      },
    );
  },
);

// Where a GPU's ways differ.
describe("a convolution of the device's own agrees with tfjs:", () => {
  const engine = createGraphEngine("test", { tuning: GPU });
  test.each(
    [...CONVOLUTIONS, ...GROUPED_CONVOLUTIONS].map((oracleCase) => [oracleCase.name, oracleCase] as const),
  )("%s", async (_name, oracleCase) => {
    const { errors } = await compareWithOracle(engine, oracleCase);
    for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
  });
});

test("every kernel that the engine lowers is in one of these programs", () => {
  expect(Object.keys(LOWERINGS).filter((kernel) => !lowered.has(kernel))).toEqual([]);
});
