// A whole phase of the larger presets: the graph engine agrees with plain JavaScript, which takes half a minute for it.
import { test } from "vitest";
import { createGraphEngine } from "../../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../../worker/engine/reference-engine.ts";
import { expectSameStep } from "../../support/preset-step.ts";

const LONG = { timeout: 600_000 };

test.each([
  ["mnist", 2],
  ["seed-gan", 1],
])("one step of %s on the graph engine agrees with the reference engine, %i samples", LONG, (name, shard) =>
  expectSameStep([createGraphEngine("test"), createReferenceEngine()], name, shard),
);
