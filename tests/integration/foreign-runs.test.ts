// Checkpoints and run folders from elsewhere: what they name is not run, and what they claim is not believed.
import { createHash } from "node:crypto";
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
  await writeFile(evil, leavesMark(mark));
  const model = { kind: "module", file: evil };
  const file = (name: string): string => join(folder, `${name}.safetensors`);
  const naming = { run: (config: object) => ({ ...config, model }) };
  await forge(checkpoint, file("named"), naming, () => null); // as an older version wrote it
  await forge(checkpoint, file("held"), {}, (copy) => ({
    ...copy,
    module: { ...copy.module, source: leavesMark(mark) },
  }));
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ model, batch: 4, shard: 4 }));
  const named = [`names the model module ${evil}`, `name it with --model ${evil}`];
  const held = ["holds the model module gan.mjs", "no command line of yours has named it as it is"];
  const tries: [string[], string[]][] = [[["train", "--config", config, "--dry-run"], named]];
  for (const [name, said] of [
    ["named", named],
    ["held", held],
  ] as const) {
    const copy = join(folder, name);
    await cp(run, copy, { recursive: true });
    await rm(join(copy, "model"), { recursive: true });
    await cp(file(name), join(copy, "checkpoints", "000002.safetensors"));
    tries.push([["generate", file(name), "--out", join(folder, "x.png")], said]);
    tries.push([["train", "--resume", copy, "--steps", "3"], said]);
  }
  for (const [flags, said] of tries) {
    const { code, stderr } = await runCli(flags, cache);
    for (const words of said) expect(stderr).toContain(words);
    expect(code).toBe(2);
  }
  expect(existsSync(mark)).toBe(false);
});

test("a forged copy in a run's folder is not run where the checkpoint holds none", async () => {
  const { folder, cache, run, checkpoint } = await trained();
  const mark = join(folder, "it-was-run");
  await forge(checkpoint, checkpoint, {}, () => null);
  const copy = join(run, "model", "gan.mjs");
  await writeFile(copy, leavesMark(mark));
  const index = join(run, "model", "index.json");
  const damaged = await runCli(["generate", run], cache);
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining("gan.mjs has hash")]);
  const content = JSON.parse(await readFile(index, "utf8")) as { module: { sha256: string } };
  content.module.sha256 = createHash("sha256").update(leavesMark(mark)).digest("hex");
  await writeFile(index, JSON.stringify(content));
  const { code, stderr } = await runCli(["generate", run], cache);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(`look at ${copy}, and name it with --model ${copy}`),
  ]);
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

/** The source of a module that shows that it was run. */
function leavesMark(mark: string): string {
  return `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(mark)}, "");`;
}

type Change = (object: Readonly<Record<string, object>>) => object | null;

/** The same checkpoint with another config or another copy of its model (null: none), under a hash that holds. */
async function forge(
  from: string,
  to: string,
  { run: changed = (run) => run }: { readonly run?: (run: object) => object },
  changeModel: Change,
): Promise<void> {
  const { tensors, metadata } = decodeSafetensors(await readFile(from), from);
  const { hash: _, config, model, ...rest } = metadata;
  const { run, ...about } = JSON.parse(config) as Record<string, object>;
  const copy = changeModel(JSON.parse(model) as Record<string, object>);
  const forged = {
    ...rest,
    config: JSON.stringify({ ...about, run: changed(run) }),
    ...(copy && { model: JSON.stringify(copy) }),
  };
  const hash = contentHash({ tensors, metadata: forged });
  await writeFile(to, encodeSafetensors({ tensors, metadata: { ...forged, hash } }));
}
