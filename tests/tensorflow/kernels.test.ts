// Every kernel that can be traced, forward and backward, on libtensorflow against eager tfjs on its CPU backend.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { createTensorflowEngine } from "../../worker/engine/tensorflow/tensorflow-engine.ts";
import { ELEMENTWISE } from "../support/kernel-cases/elementwise.ts";
import { STRUCTURE } from "../support/kernel-cases/structure.ts";
import { type OracleCase, compareWithOracle } from "../support/oracle.ts";

/** Float32 has 24 bits, 6e-8; sums of some hundred products in another order lose two more digits. */
const TOLERANCE = 1e-5;

/** libtensorflow refuses to divide integers by zero; tfjs does not. */
const INTEGERS: OracleCase = {
  name: "mod of integers, by zero too",
  inputs: [[4]],
  f: (x) => tf.mod(tf.cast(tf.mul(x, 10), "int32"), tf.tensor1d([2, 0, 3, -2], "int32")),
  gradient: false,
};

const engine = createTensorflowEngine("test", "cpu");

describe("a traced function replayed on libtensorflow agrees with eager tfjs", () => {
  for (const oracleCase of [...ELEMENTWISE, ...STRUCTURE, INTEGERS]) {
    test(oracleCase.name, async () => {
      const { errors } = await compareWithOracle(engine, oracleCase);
      for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(TOLERANCE);
    });
  }
});
