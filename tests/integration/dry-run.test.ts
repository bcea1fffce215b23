// `ganglion train --dry-run`, as it is called: it answers and leaves nothing behind.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runCli, temporaryFolder } from "../support/cli.ts";

const MODEL = fileURLToPath(new URL("../support/users-models/residual-wgan.ts", import.meta.url));

test("a model of one's own is told as text, and as one JSON object; no run folder is made", async () => {
  const out = await temporaryFolder();
  const flags = ["train", "--dry-run", "--model", MODEL, "--batch", "30", "--shard", "10", "--out", join(out, "runs")];
  const [text, json] = await Promise.all([runCli(flags), runCli([...flags, "--json", "--workers", "3"])]);
  expect(text).toMatchObject({ code: 0, stderr: "" });
  expect(text.stdout).toMatch(/latentSize +6\n/); // the module's, not the preset's
  expect(text.stdout).toMatch(/conv2d_Conv2D\d+ +Conv2D +\[28, 28, 3\]/);
  expect(json).toMatchObject({ code: 0, stderr: "" });
  expect(json.events).toHaveLength(1);
  expect(json.events[0]).toMatchObject({
    event: "dry-run",
    config: { latentSize: 6, batch: 30, shard: 10, model: { kind: "module", file: MODEL } },
    phases: [{ trains: ["discriminator", "generator"], shards: 3, shardSize: 10 }],
    wire: { workers: 3 },
  });
  expect(await readdir(out)).toEqual([]);
}); // prettier-ignore

test("a model that cannot be trained is refused as in a run", async () => {
  const nowhere = join(await temporaryFolder(), "none.ts");
  const { code, stdout, stderr } = await runCli(["train", "--dry-run", "--model", nowhere]);
  expect(stderr).toBe(
    `ganglion: there is no model module ${nowhere}: give --model an ES module that exports generator(context) and discriminator(context)\n`,
  );
  expect([code, stdout]).toEqual([2, ""]);
});

test("of a run that is there, its config is asked for instead", async () => {
  const { code, stderr } = await runCli(["train", "--dry-run", "--resume", "runs/00001-mine"]);
  expect(stderr).toContain("--config runs/00001-mine/config.json");
  expect(code).toBe(2);
});
