// Whatever a user or a stranger's config names: a pipe, a folder or a device in the place of a file is said at once.
import { spawnSync } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readConfigFile } from "../../../deploy/flags/config-from-flags.ts";
import { loadDataset } from "../../../shared/data/load.ts";
import { findLastJsonLine } from "../../../coordinator/records/files/json-lines-tail.ts";
import { loadKerasModel } from "../../../coordinator/compiler/models/users/saved/keras-model.ts";
import { loadModelModule } from "../../../coordinator/compiler/models/users/model-module.ts";
import { presetModel } from "../../../coordinator/compiler/models/presets/preset-models.ts";
import { isRegularFile, readRegularFile } from "../../../shared/regular-file.ts";
import { temporaryFolder } from "../../support/cli.ts";
import { isLinux } from "../../support/linux.ts";

let folder: string;
let pipe: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  pipe = join(folder, "pipe.json");
  spawnSync("mkfifo", [pipe]);
});

describe.skipIf(!isLinux)("a pipe that nobody writes to", () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ["as a config file", () => readConfigFile(pipe), "pipe.json cannot be read: it is a pipe, and no regular file; give"],
    ["as a model module", () => loadModelModule(pipe), "pipe.json is a pipe, and no model module: give --model"],
    ["as a saved model", () => loadKerasModel(pipe), "is no saved network: it is a pipe, and no regular file; give"],
    ["as a data set", () => loadDataset(pipe, "train"), "pipe.json is a pipe, and a data set is a folder: give"],
    ["as a run's statistics", () => findLastJsonLine(pipe, (line) => line), "it is a pipe, and no regular file"],
  ])("%s is told", async (_what, read, says) => {
    await expect(read()).rejects.toThrow(says);
  }); // prettier-ignore

  test("as the weights of a saved model is told", async () => {
    const model = join(folder, "model.json");
    const weightsManifest = [{ paths: ["pipe.json"], weights: [] }];
    await writeFile(model, JSON.stringify({ modelTopology: {}, weightsManifest }));
    await expect(loadKerasModel(model)).rejects.toThrow("pipe.json, which cannot be read (it is a pipe");
  });
});

test("files are read, through links too; folders and devices are none", async () => {
  const file = join(folder, "file");
  await writeFile(file, "größe");
  await symlink(file, join(folder, "link"));
  expect(await readRegularFile(join(folder, "link"))).toBe("größe");
  expect(await isRegularFile(join(folder, "link"))).toBe(true);
  expect(await isRegularFile(folder)).toBe(false);
  await expect(readRegularFile(folder)).rejects.toThrow("it is a folder, and no regular file");
  if (isLinux)
    await expect(readRegularFile("/dev/zero")).rejects.toThrow("it is a device, and no regular file");
  await expect(readRegularFile(join(folder, "nowhere"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("what every object has is no preset's networks", () => {
  const images = { imageShape: [28, 28, 1] } as const;
  const config = { data: "strokes", conditional: false, conditioning: { classWeight: 1 } };
  for (const name of ["constructor", "toString", "__proto__"])
    expect(() => presetModel({ ...config, model: { kind: "preset", name } }, images)).toThrow(
      `there are no networks "${name}": did you mean`,
    );
});
