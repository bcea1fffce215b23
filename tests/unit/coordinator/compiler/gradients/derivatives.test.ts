// First and second derivatives of everything that layers and losses are made of, against differences in float64.
import { describe, expect, test } from "vitest";
import { createReferenceEngine } from "../../../../../worker/engine/reference-engine.ts";
import { createGraphEngine } from "../../../../../worker/engine/graph/graph-engine.ts";
import {
  ACTIVATIONS,
  ELEMENTWISE,
  IMAGES,
  LOSSES,
  REDUCTIONS,
  SHAPING,
} from "../../../../support/derivative-cases.ts";
import { compareDerivatives } from "../../../../support/derivatives.ts";

/** Float32 rounds to 6e-8; a second derivative is a sum of some dozen products of rounded first ones. */
const TOLERANCE = 1e-5;

const engines = [createReferenceEngine(), createGraphEngine("test")];

describe.each([
  ["activations", ACTIVATIONS],
  ["element by element", ELEMENTWISE],
  ["reductions", REDUCTIONS],
  ["shapes", SHAPING],
  ["images", IMAGES],
  ["losses", LOSSES],
])("first and second derivatives, %s", (_family, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_case, one) => {
    for (const [name, error] of Object.entries(await compareDerivatives(engines, one)))
      expect(error, name).toBeLessThan(one.tolerance ?? TOLERANCE);
  });
});
