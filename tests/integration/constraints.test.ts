// Constraints of layers hold in every checkpoint of a run.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { temporaryFolder } from "../support/cli.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

test("non-negative kernels and columns of length 1 stay so; weights without a constraint go where they go", async () => {
  const file = fileURLToPath(new URL("../support/constrained-networks.ts", import.meta.url));
  const run = await smallRun({
    config: smallConfig(3, { model: { kind: "module", file } }),
    out: await temporaryFolder(),
    nodes: (hub) => void startFakeNode({ hub, id: "a" }),
  });
  expect(run.error).toBeNull();
  const { checkpoint } = await loadNewestCheckpoint(run.folder);
  const weights = (name: string): number[] => [
    ...viewOf(
      checkpoint.weights,
      checkpoint.layout.slots.find((slot) => slot.name === name)!,
    ),
  ];
  const constrained = weights("discriminator/01-dense/kernel"); // [4, 3]
  expect(Math.min(...constrained)).toBe(0);
  expect(Math.min(...weights("discriminator/02-dense/kernel"))).toBeLessThan(0);
  const kernel = weights("generator/00-dense/kernel"); // [3, 4]
  const lengths = [0, 1, 2, 3].map((column) =>
    Math.hypot(...[0, 1, 2].map((row) => kernel[row * 4 + column])),
  );
  for (const length of lengths) expect(length).toBeCloseTo(1, 6);
});
