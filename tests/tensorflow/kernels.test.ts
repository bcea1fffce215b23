// Every kernel that can be traced, forward and backward, on libtensorflow against eager tfjs on its CPU backend.
import { describe, expect, test } from "vitest";
import { createTensorflowEngine } from "../../worker/engine/tensorflow/tensorflow-engine.ts";
import { FIXED } from "../support/kernel-cases/all.ts";
import { randomCases } from "../support/kernel-cases/random.ts";
import { compareWithOracle } from "../support/oracle.ts";

/** Float32 has 24 bits, 6e-8; sums of some hundred products in another order lose two more digits. */
const TOLERANCE = 1e-5;

const engine = createTensorflowEngine("test", "cpu");

describe("a traced function replayed on libtensorflow agrees with tfjs:", () => {
  test.each([...FIXED, ...randomCases(1, 90)])("$name", async (oracleCase) => {
    const { errors } = await compareWithOracle(engine, oracleCase);
    for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
  });
});
