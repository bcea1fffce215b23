// No preset that trains is warned of, from its first step on: a taste of each; GANGLION_HEALTHY_STEPS=3000 makes whole runs.
import { expect, test } from "vitest";
import { presets } from "../../shared/config/presets.ts";
import { runCli, temporaryFolder } from "../support/cli.ts";

const STEPS = Number(process.env["GANGLION_HEALTHY_STEPS"] ?? "64");
/** A second a step, on two cores that others use too. */
const TIME = { timeout: 60_000 + 1000 * STEPS };

/** Its generator turns black in the first hundred steps, with the built-in data and with MNIST: of that it is warned. */
const COLLAPSES = "seed-gan-conv";

const names = presets()
  .filter(({ name, config }) => (config.task ?? "gan") === "gan" && name !== COLLAPSES)
  .map(({ name }) => name);

test.each(names)("%s is not warned of", TIME, async (preset) => {
  const size = ["--batch", "64", "--shard", "32", "--steps", String(STEPS)];
  const flags = ["--preset", preset, "--data", "strokes", ...size, "--out", await temporaryFolder()];
  const { code, stderr, events } = await runCli([
    "train",
    ...flags,
    "--workers",
    "1",
    "--dashboard",
    "off",
    "--json",
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(events.filter(({ event }) => event === "warning").map(({ message }) => message)).toEqual([]);
});
