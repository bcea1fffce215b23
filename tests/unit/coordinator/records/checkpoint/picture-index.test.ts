// Which checkpoint draws which picture.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { indexPictures } from "../../../../../coordinator/records/checkpoint/picture-index.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

async function indexOf(pictures: readonly string[], checkpoints: readonly string[]) {
  const folder = await temporaryFolder();
  const paths = { samples: join(folder, "samples"), checkpoints: join(folder, "checkpoints") };
  await Promise.all(Object.values(paths).map((path) => mkdir(path)));
  for (const name of pictures) await writeFile(join(paths.samples, name), "");
  for (const name of checkpoints) await writeFile(join(paths.checkpoints, `${name}.safetensors`), "");
  return indexPictures(paths);
}

test("names the checkpoint of a picture's step, or else the nearest that is there", async () => {
  const pictures = [
    "000250.png",
    "000500.png",
    "000750.png",
    "001000.png",
    "002000.png",
    "mine.png",
    "index.json",
  ];
  expect(await indexOf(pictures, ["000500", "001000", "mine"])).toEqual({
    "000250.png": { checkpoint: "000500.safetensors", stepsLater: 250 },
    "000500.png": { checkpoint: "000500.safetensors", stepsLater: 0 },
    "000750.png": { checkpoint: "001000.safetensors", stepsLater: 250 }, // as near as 500
    "001000.png": { checkpoint: "001000.safetensors", stepsLater: 0 },
    "002000.png": { checkpoint: "001000.safetensors", stepsLater: -1000 },
  });
});

test("says that there is none, and knows a run without pictures", async () => {
  expect(await indexOf(["000250.png"], [])).toEqual({ "000250.png": null });
  expect(await indexOf([], ["000500"])).toEqual({});
});
