// Every kernel of the graph engine, forward and backward, against eager tfjs on its CPU backend.
import { afterAll, describe, expect, test } from "vitest";
import { SHAPES } from "../../../../shared/program/shapes.ts";
import { createGraphEngine } from "../../../../worker/engine/graph/graph-engine.ts";
import { LOWERINGS } from "../../../../worker/engine/graph/lower/lower.ts";
import { CPU, GPU } from "../../../../worker/engine/graph/lower/tuning.ts";
import { ELEMENTWISE } from "../../../support/kernel-cases/elementwise.ts";
import { CONVOLUTIONS } from "../../../support/kernel-cases/convolutions.ts";
import { STRUCTURE } from "../../../support/kernel-cases/structure.ts";
import { compareWithOracle } from "../../../support/oracle.ts";

/** Float32 has 24 bits, 6e-8; sums of some hundred products in another order lose two more digits. */
const TOLERANCE = 1e-5;

const engine = createGraphEngine("test");
const lowered = new Set<string>();

describe("a traced and lowered function agrees with eager tfjs", () => {
  for (const oracleCase of [...ELEMENTWISE, ...STRUCTURE, ...CONVOLUTIONS]) {
    test(oracleCase.name, async () => {
      const { errors, program } = await compareWithOracle(engine, oracleCase);
      for (const { kernel } of program.calls) lowered.add(kernel);
      for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
    });
  }
});

// Small enough for the oracle, these would not be worth it: a device on which carrying costs nothing takes them all.
describe("a convolution over tiles and points agrees with eager tfjs", () => {
  const eager = createGraphEngine("test", { tuning: { ...CPU, transformCost: 0 } });
  for (const oracleCase of CONVOLUTIONS) {
    test(oracleCase.name, async () => {
      const { errors } = await compareWithOracle(eager, oracleCase);
      for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
    });
  }
});

describe("a device's own convolution agrees with eager tfjs", () => {
  const native = createGraphEngine("test", { tuning: GPU });
  for (const oracleCase of CONVOLUTIONS) {
    test(oracleCase.name, async () => {
      const { errors } = await compareWithOracle(native, oracleCase);
      for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
    });
  }
});

test("every kernel that the engine lowers is in one of these programs", () => {
  expect(Object.keys(LOWERINGS).filter((kernel) => !lowered.has(kernel))).toEqual([]);
});

afterAll(() => {
  const refused = [...SHAPES.keys()].filter((kernel) => !(kernel in LOWERINGS));
  process.stdout.write(
    `kernels lowered: ${Object.keys(LOWERINGS).length}; traced only, refused by the graph engine: ${refused.join(", ")}\n`,
  );
});
