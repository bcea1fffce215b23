// What of a contribution is measured by itself.
import { expect, test } from "vitest";
import { sectionsOf } from "../../../../coordinator/update/sections.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";

test("sections are layers, kernel and bias together, then the metrics and the moving statistics; they cover the contribution", () => {
  const layout = createLayout([
    { name: "gradient/discriminator/00-dense/kernel", shape: [1, 2] },
    { name: "gradient/generator/00-dense/bias", shape: [2] },
    { name: "gradient/generator/00-dense/kernel", shape: [2, 2] },
    { name: "gradient/generator/01-prelu/alpha", shape: [3] },
    { name: "metric/loss/discriminator", shape: [] },
    { name: "metric/loss/generator", shape: [] },
    { name: "state/generator/01-batchnormalization/moving_mean", shape: [3] },
  ]);
  expect(sectionsOf(layout)).toEqual([
    { name: "discriminator/00-dense", network: "discriminator", offset: 0, length: 2 },
    { name: "generator/00-dense", network: "generator", offset: 2, length: 6 },
    { name: "generator/01-prelu", network: "generator", offset: 8, length: 3 },
    { name: "metric", network: null, offset: 11, length: 2 },
    { name: "state", network: null, offset: 13, length: 3 },
  ]);
});
