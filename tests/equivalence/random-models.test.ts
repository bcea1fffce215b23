// Random small models: the whole step on the graph engine agrees with eager tfjs. `npm run test:models` takes a thousand.
import { expect, test } from "vitest";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { compareRandomModel } from "../support/compare-random-model.ts";

/**
 * Both compute in float32 and add in different orders (6e-8 a sum), through a dozen layers forward and back, with
 * divisions by deviations and lengths on the way that may be small.
 */
const TOLERANCE = 1e-4;

const first = Number(process.env["GANGLION_MODELS_FROM"] ?? 1);
const count = Number(process.env["GANGLION_MODELS"] ?? 40);
const seeds = Array.from({ length: count }, (_, i) => first + i);

const graph = createGraphEngine("test");
const reference = createReferenceEngine();

test.each(seeds)("the step of model %i", async (seed) => {
  const { errors, description, against } = await compareRandomModel(seed, graph, reference);
  for (const [name, error] of Object.entries(errors))
    expect(error, `${name} of seed ${seed} against ${against}: ${description}`).toBeLessThan(TOLERANCE);
});
