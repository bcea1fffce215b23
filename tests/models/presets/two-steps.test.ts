// `ganglion train` with every preset, as it is: two steps at a tiny batch.
import { expect, test } from "vitest";
import { presets } from "../../../shared/config/presets.ts";
import { runCli, temporaryFolder } from "../../support/cli.ts";

test.each(presets())("$name takes two steps", async ({ name: preset, config: { task, schedule } }) => {
  const out = await temporaryFolder();
  const flags = ["--preset", preset, "--batch", "4", "--shard", "2", "--steps", "2", "--out", out];
  const { code, stderr, events } = await runCli(["train", ...flags, "--json", "--dashboard", "off"]);
  expect([code, stderr]).toEqual([0, ""]);
  const rounds = schedule?.kind === "alternating" ? (schedule.discriminatorRounds ?? 1) : 1; // with samples, a step
  expect(events.at(-1)).toMatchObject({ event: "done", steps: 2, images: 2 * rounds * 4 });
  if (task === "classifier") {
    const { metrics } = events.find(({ event }) => event === "evaluation")!;
    const { accuracy } = metrics as { accuracy: number };
    expect(accuracy).toBeGreaterThan(0.02);
    expect(accuracy).toBeLessThan(0.9); // two steps teach little: ten classes, about one in ten right
  } else expect(events.filter(({ event }) => event === "samples")).toHaveLength(1);
});
