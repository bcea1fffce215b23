import { describe, expect, test } from "vitest";
import { createGraphEngine } from "../../../../worker/engine/graph/graph-engine.ts";
import { ELEMENTWISE } from "../../../support/kernel-cases/elementwise.ts";
import { STRUCTURE } from "../../../support/kernel-cases/structure.ts";
import { compareWithOracle } from "../../../support/oracle.ts";
const engine = createGraphEngine("test", "webgpu");
describe("webgpu", () => {
  for (const oracleCase of [...ELEMENTWISE, ...STRUCTURE]) {
    test(oracleCase.name, async () => {
      const { errors } = await compareWithOracle(engine, oracleCase);
      process.stdout.write(
        `ERR ${oracleCase.name}: ${Object.entries(errors)
          .map(([k, v]) => `${k}=${v.toExponential(1)}`)
          .join(" ")}\n`,
      );
      for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(1e-5);
    });
  }
});
