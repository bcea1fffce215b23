// A run holds its model: moved, with its module edited and deleted, or as a checkpoint's file alone, it goes on with the same bits.
import { createHash } from "node:crypto";
import { appendFile, copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const KERAS = fileURLToPath(new URL("../fixtures/keras3/sequential.keras", import.meta.url));

/** A module in TypeScript that imports a file of its own and an npm package. */
async function place() {
  const folder = await temporaryFolder();
  const cache = { GANGLION_CACHE: join(folder, "cache") };
  const data = await writeIdxFolder(join(folder, "data"), 8, [4, 4, 1], 2);
  const own = join(folder, "own");
  await mkdir(join(own, "lib"), { recursive: true });
  await mkdir(join(own, "node_modules", "sizes"), { recursive: true });
  await writeFile(
    join(own, "node_modules", "sizes", "package.json"),
    '{"name": "sizes", "main": "index.cjs"}',
  );
  await writeFile(join(own, "node_modules", "sizes", "index.cjs"), "module.exports = { hidden: 12 };");
  await writeFile(join(own, "lib", "layers.ts"), `
    import sizes from "sizes";
    enum Size { Extra = 4 }
    export const units = (): number => sizes.hidden + Size.Extra;`); // prettier-ignore
  const model = join(own, "my gan.ts");
  await writeFile(model, `
    import { units } from "./lib/layers";
    export const generator = ({ tf, latentSize, imageShape }: any) => tf.sequential({ layers: [
      tf.layers.dense({ units: units(), inputShape: [latentSize], activation: "relu" }),
      tf.layers.dense({ units: 16 }), tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }: any) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
  const flags = ["--data", data, "--batch", "4", "--shard", "4", "--workers", "1"];
  const train = (...more: string[]): Promise<Record<string, unknown>> =>
    trainJson([...flags, ...more], cache);
  return { folder, cache, own, model, data, train };
}

describe("a run with a module", () => {
  test("that was moved goes on with the same bits after its module was edited, and after it was deleted", async () => {
    const { folder, cache, own, model, train } = await place();
    const whole = await train("--model", model, "--steps", "6", "--out", join(folder, "whole"));
    const half = await train("--model", model, "--steps", "2", "--out", join(folder, "half"));
    const moved = join(folder, "elsewhere");
    await rename(String(half["run"]), moved);
    expect(await readdir(join(moved, "model"))).toEqual(["index.json", "my-gan.mjs"]);

    await appendFile(join(own, "lib", "layers.ts"), "// edited");
    const resume = ["train", "--resume", moved, "--dashboard", "off", "--json"];
    const edited = await runCli([...resume, "--steps", "4"], cache);
    expect(edited.stdout).toContain(`${model} has changed since; the run goes on with its own copy; to train the changed one start a new run, ganglion train --model '${model}', or from these weights with --from`); // prettier-ignore

    await rm(own, { recursive: true });
    const deleted = await runCli([...resume, "--steps", "6"], cache);
    expect(deleted.events.at(-1)).toMatchObject({ weightsHash: whole["weightsHash"] });
    expect(deleted.stdout).not.toContain("warning");
  });

  test("goes on from a checkpoint's file alone, in a new folder from which it goes on again", async () => {
    const { folder, cache, own, model, train } = await place();
    const whole = await train("--model", model, "--steps", "6", "--out", join(folder, "whole"));
    const half = await train("--model", model, "--steps", "2", "--out", join(folder, "half"));
    const alone = join(folder, "step two.safetensors");
    await copyFile(join(String(half["run"]), "checkpoints", "000002.safetensors"), alone);
    for (const gone of [own, String(half["run"])]) await rm(gone, { recursive: true });

    const drawn = await runCli(["generate", alone, "--count", "3", "--out", join(folder, "x.png")], cache);
    expect([drawn.code, drawn.stderr]).toEqual([0, ""]);
    const resume = ["train", "--dashboard", "off", "--json", "--out", join(folder, "on"), "--resume"];
    const { stderr, events } = await runCli([...resume, alone, "--steps", "4"], cache);
    expect(stderr).toBe("");
    const on = String(events.at(-1)?.["run"]);
    expect(await readdir(join(on, "checkpoints"))).toEqual(["000002.safetensors", "000004.safetensors"]);
    await rm(alone);
    await rm(join(on, "checkpoints", "000004.safetensors")); // as if it had been killed before
    const again = await runCli([...resume, on, "--steps", "6"], cache);
    expect(again.events.at(-1)).toMatchObject({ weightsHash: whole["weightsHash"], run: on });
  });

  test("holds no copy of a module that uses its own place, says so, and trains", async () => {
    const { folder, cache, own, train } = await place();
    const model = join(own, "placed.mjs");
    await writeFile(join(own, "lib", "size.json"), "16");
    await writeFile(model, `
      import { readFileSync } from "node:fs";
      const units = JSON.parse(readFileSync(new URL("./lib/size.json", import.meta.url)));
      export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
        tf.layers.dense({ units, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: imageShape })] });
      export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
        tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
    const flags = ["--model", model, "--batch", "4", "--shard", "4", "--workers", "1", "--steps", "1"];
    const { code, stdout } = await runCli(["train", ...flags, "--data", join(folder, "data"), "--dashboard", "off", "--out", join(folder, "runs")], cache); // prettier-ignore
    expect([code, stdout]).toEqual([0, expect.stringContaining(`warning: the run holds no copy of ${model}: it uses import.meta.url, which is another place in a copy; to resume it or draw from it, keep that file as it is\n`)]); // prettier-ignore
    const run = join(folder, "runs", "00001-placed-data");
    expect(await readdir(run)).not.toContain("model");
    expect(await train("--resume", run, "--steps", "2")).toMatchObject({ steps: 2 });
  });
});

test("a run with a saved Keras network goes on without it, from its folder and from a checkpoint's file alone", async () => {
  const { folder, cache, own, model } = await place();
  const saved = join(folder, "saved.keras");
  await copyFile(KERAS, saved);
  const data = await writeIdxFolder(join(folder, "8x8"), 8, [8, 8, 1], 2);
  const flags = [
    "--model",
    model,
    "--generator",
    saved,
    "--data",
    data,
    "--batch",
    "4",
    "--shard",
    "4",
    "--workers",
    "1",
  ];
  const whole = await trainJson([...flags, "--steps", "4", "--out", join(folder, "whole")], cache);
  const half = await trainJson([...flags, "--steps", "2", "--out", join(folder, "half")], cache);
  const run = String(half["run"]);
  const alone = join(folder, "alone.safetensors");
  await copyFile(join(run, "checkpoints", "000002.safetensors"), alone);
  await rm(saved);
  await rm(own, { recursive: true });
  const { weightsHash } = whole;
  expect(await trainJson(["--resume", run, "--steps", "4"], cache)).toMatchObject({ weightsHash });
  const on = ["--resume", alone, "--steps", "4", "--out", join(folder, "on")];
  expect(await trainJson(on, cache)).toMatchObject({ weightsHash });

  const path = String(whole["run"]);
  await rm(join(path, "checkpoints"), { recursive: true }); // as if it had been killed before its first
  expect(await trainJson(["--resume", path], cache)).toMatchObject({ weightsHash });
});

test("a resume that is refused changes nothing in the run's folder", async () => {
  const { cache, own, model, folder, train } = await place();
  const { run } = await train("--model", model, "--steps", "2", "--out", join(folder, "runs"));
  const path = String(run);
  const before = await hashes(path);
  const taken = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void taken.close());
  await once(taken, "listening");
  const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  const other = join(own, "other.mjs");
  await writeFile(other, "export const generator = 1;");
  const resume = (...more: string[]): string[] => ["--resume", path, "--dashboard", "off", ...more];
  const refused: [string[], string, Record<string, string>?][] = [
    [["train", ...resume("--steps", "1")], "less than the 2 steps the run has made"],
    [["train", ...resume("--batch", "8")], "cannot change"],
    [["train", ...resume("--steps", "4", "--data", join(folder, "nowhere"))], "nowhere"],
    [["train", ...resume("--steps", "4", "--model", other)], "exports generator as number"],
    [["train", ...resume("--steps", "4")], "no command line of yours has named it", { GANGLION_CACHE: own }],
    [["train", "--resume", path, "--steps", "4", "--dashboard", address], "is taken"],
    [["coordinator", ...resume("--steps", "4", "--listen", address)], "is taken"],
  ];
  for (const [flags, says, environment] of refused) {
    const { code, stderr } = await runCli(flags, environment ?? cache);
    expect(stderr).toContain(says);
    expect(code).not.toBe(0);
    expect(await hashes(path)).toEqual(before);
  }
});

test("an older checkpoint of a run that has newer ones is refused with the commands that are meant", async () => {
  const { cache, folder, model, train } = await place();
  const flags = [
    "--model",
    model,
    "--steps",
    "2",
    "--checkpoint-every",
    "1",
    "--out",
    join(folder, "my runs"),
  ];
  const path = String((await train(...flags))["run"]);
  const older = join(path, "checkpoints", "000001.safetensors");
  const { code, stderr } = await runCli(["train", "--resume", older, "--steps", "4"], cache);
  expect([code, stderr]).toEqual([2, expect.stringContaining(`its run has checkpoints up to step 2, which would be lost: to train another run from it, ganglion train --from '${older}'; to go on from the newest, ganglion train --resume '${path}'`)]); // prettier-ignore
  const newest = join(path, "checkpoints", "000002.safetensors");
  expect(await train("--resume", newest, "--steps", "3")).toMatchObject({ steps: 3, run: path });
});

/** Of every file in a folder, by its path. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const pairs = files.map(async (file) => [file, createHash("sha256").update(await readFile(file)).digest("hex")]);
  return Object.fromEntries((await Promise.all(pairs)) as [string, string][]);
} // prettier-ignore
