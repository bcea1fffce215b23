// Random small models: the whole step on libtensorflow agrees with eager tfjs.
import { expect, test } from "vitest";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { createTensorflowEngine } from "../../worker/engine/tensorflow/tensorflow-engine.ts";
import { compareRandomModel } from "../support/compare-random-model.ts";

/** Both compute in float32 and add in different orders (6e-8 a sum), through a dozen layers forward and back. */
const TOLERANCE = 1e-4;

const tensorflow = createTensorflowEngine("test", "cpu");
const reference = createReferenceEngine();

test.each(Array.from({ length: 40 }, (_, i) => i + 1))("the step of model %i", async (seed) => {
  const { errors, description, against } = await compareRandomModel(seed, tensorflow, reference);
  for (const [name, error] of Object.entries(errors))
    expect(error, `${name} of seed ${seed} against ${against}: ${description}`).toBeLessThan(TOLERANCE);
});
