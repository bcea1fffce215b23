// A whole phase of the larger presets: the graph engine agrees with plain JavaScript, which takes half a minute for it.
import { test } from "vitest";
import { findPreset } from "../../shared/config/presets.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { execute } from "../support/oracle.ts";
import { expectAgreement, setting } from "../support/preset-step.ts";

const LONG = { timeout: 600_000 };

test.each([
  ["mnist", 2],
  ["seed-gan", 1],
])(
  "one step of %s on the graph engine agrees with the reference engine, %i samples",
  LONG,
  async (name, shard) => {
    const { programs, inputs } = await setting({
      ...findPreset(name).config,
      schedule: { kind: "simultaneous" },
      batch: shard,
      shard,
      sampleCount: 1,
    });
    const [actual, expected] = [
      await execute(createGraphEngine("test"), programs[0], inputs[0]),
      await execute(createReferenceEngine(), programs[0], inputs[0]),
    ];
    expectAgreement(actual, expected);
  },
);
