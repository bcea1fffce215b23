// Checkpoints and run folders from elsewhere: what they name is not run, and what they claim is not believed.
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, symlink, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  contentHash,
  decodeSafetensors,
  encodeSafetensors,
} from "../../coordinator/records/files/safetensors.ts";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

test("no module runs that only a checkpoint, a run folder or a config names", async () => {
  const { folder, cache, run, checkpoint } = await trained();
  const mark = join(folder, "it-was-run");
  const evil = join(folder, "evil.mjs");
  await writeFile(
    evil,
    `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(mark)}, "");`,
  );
  const model = { kind: "module", file: evil };
  const foreign = join(folder, "foreign.safetensors");
  await forge(checkpoint, foreign, ({ run: config, ...rest }) => ({ ...rest, run: { ...config, model } }));
  const copy = join(folder, "copy");
  await cp(run, copy, { recursive: true });
  await cp(foreign, join(copy, "checkpoints", "000002.safetensors"));
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ model, batch: 4, shard: 4 }));
  const tries = [
    ["generate", "--checkpoint", foreign, "--out", join(folder, "x.png")],
    ["train", "--resume", copy, "--steps", "3"],
    ["train", "--config", config, "--dry-run"],
  ];
  for (const flags of tries) {
    const { code, stderr } = await runCli(flags, cache);
    expect(stderr).toContain(`names the model module ${evil}`);
    expect(stderr).toContain(`name it with --model ${evil}`);
    expect(code).toBe(2);
  }
  expect(existsSync(mark)).toBe(false);
});

test("a run of one's own goes on without naming its module again", async () => {
  const { run, cache, folder } = await trained();
  const { code, stderr, events } = await runCli(["train", "--resume", run, "--steps", "3", "--dashboard", "off", "--json"], cache); // prettier-ignore
  expect([code, stderr]).toEqual([0, ""]);
  expect(events.at(-1)).toMatchObject({ event: "done", steps: 3 });
  const drawn = await runCli(["generate", "--checkpoint", run, "--count", "3", "--out", join(folder, "x.png")], cache); // prettier-ignore
  expect([drawn.code, drawn.stderr]).toEqual([0, ""]);
});

test("a resume deletes nothing where a link leads", async () => {
  const { run, cache, folder } = await trained();
  const pictures = join(folder, "pictures");
  await mkdir(pictures);
  await writeFile(join(pictures, "000099.png"), "mine");
  await rm(join(run, "samples"), { recursive: true });
  await symlink(pictures, join(run, "samples"));
  const before = await readFile(join(run, "status.json"), "utf8");
  const { code, stderr } = await runCli(
    ["train", "--resume", run, "--steps", "3", "--dashboard", "off"],
    cache,
  );
  expect(stderr).toContain("samples is a link where a folder of the run is due");
  expect(code).toBe(1);
  expect(await readdir(pictures)).toEqual(["000099.png"]);
  expect(await readFile(join(run, "status.json"), "utf8")).toBe(before);
});

/** A run of two steps with a module of its user's, who has a cache. */
async function trained() {
  const folder = await temporaryFolder();
  const cache = { GANGLION_CACHE: join(folder, "cache") };
  const data = await writeIdxFolder(join(folder, "data"), 8, [4, 4, 1], 2);
  const model = join(folder, "gan.mjs");
  await writeFile(model, `
    export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
      tf.layers.dense({ units: 16, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
  const flags = [
    "--model",
    model,
    "--data",
    data,
    "--batch",
    "4",
    "--shard",
    "4",
    "--steps",
    "2",
    "--workers",
    "1",
  ];
  const { run } = await trainJson([...flags, "--out", join(folder, "runs")], cache);
  const checkpoint = join(String(run), "checkpoints", "000002.safetensors");
  return { folder, cache, run: String(run), checkpoint };
}

type Config = { readonly run: object; readonly [field: string]: unknown };

/** The same checkpoint with another config, under a hash that holds. */
async function forge(from: string, to: string, change: (config: Config) => Config): Promise<void> {
  const { tensors, metadata } = decodeSafetensors(await readFile(from), from);
  const { hash: _, config, ...rest } = metadata;
  const forged = { ...rest, config: JSON.stringify(change(JSON.parse(config) as Config)) };
  const hash = contentHash({ tensors, metadata: forged });
  await writeFile(to, encodeSafetensors({ tensors, metadata: { ...forged, hash } }));
}
