// No preset that trains is warned of, from its first step on: a taste of each with few filters; GANGLION_HEALTHY_STEPS=3000
// makes whole runs of them as they are.
import { expect, test } from "vitest";
import { filtersOf } from "../../../coordinator/compiler/models/presets/preset-models.ts";
import { presets } from "../../../shared/config/presets.ts";
import { runCli, temporaryFolder } from "../../support/cli.ts";

const WHOLE = process.env["GANGLION_HEALTHY_STEPS"];
/** The guard has looked at the images once by then. */
const STEPS = Number(WHOLE ?? "51");
/** A second a step, on two cores that others use too. */
const TIME = { timeout: 60_000 + 1000 * STEPS };

/** Its generator turns black in the first hundred steps, with the built-in data and with MNIST: of that it is warned. */
const COLLAPSES = "seed-gan-conv";

const gans = presets().filter(({ name, config }) => (config.task ?? "gan") === "gan" && name !== COLLAPSES);

test.each(gans)("$name is not warned of", TIME, async ({ name: preset, config }) => {
  const size = ["--batch", "64", "--shard", "32", "--steps", String(STEPS)];
  const hasFilters = config.model.kind === "preset" && filtersOf(config.model) !== undefined;
  const filters = WHOLE === undefined && hasFilters ? ["--filters", "8"] : [];
  const flags = [
    "--preset",
    preset,
    "--data",
    "strokes",
    ...size,
    ...filters,
    "--out",
    await temporaryFolder(),
  ];
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
