// A run whose losses never use the samples says so, once, before its first step.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runCli, temporaryFolder } from "../support/cli.ts";

const MODEL = fileURLToPath(new URL("../support/users-models/unused-samples.js", import.meta.url));

test("a run with losses that never use the samples warns of it once, before its first step", async () => {
  const folder = await temporaryFolder();
  const size = ["--steps", "2", "--batch", "8", "--shard", "4", "--workers", "1", "--dashboard", "off"];
  const { code, events } = await runCli(["train", "--model", MODEL, ...size, "--json", "--out", folder]);
  expect(code).toBe(0);
  const told = events.filter((event) => event["code"] === "SAMPLES_UNUSED");
  expect(told).toMatchObject([{ event: "warning" }]);
  expect(events.indexOf(told[0])).toBeLessThan(events.findIndex(({ event }) => event === "step"));
});
