// Every loss with every regularizer: one step has PyTorch's losses, gradients and averages.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacking } from "../pytorch.ts";
import { CASES } from "./cases.ts";
import { type Agreement, compareObjectives } from "./compare.ts";

const missing = await lacking();
if (missing !== null) console.warn(`skipped: ${missing}`);

/** Float32 against double precision; a root of a sum of squares is the worst of it. */
const TOLERANCE = 1e-4;

let folder: string;
let agreements: readonly Agreement[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-objectives-"));
  if (missing === null) ({ agreements } = await compareObjectives(folder));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(missing !== null)("a step has PyTorch's losses and gradients", () => {
  test.each(CASES.map(({ loss, column }, i) => [loss, column, i] as const))("%s, %s", (_, __, i) => {
    const { difference, worst, count } = agreements[i];
    expect(count).toBeGreaterThan(8);
    expect(difference, worst).toBeLessThan(TOLERANCE);
  });
});
