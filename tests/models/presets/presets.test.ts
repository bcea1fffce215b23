// Every preset that follows the size of the images: a finite first step at many sizes, the same bits on any number of workers.
import { join } from "node:path";
import { expect, test } from "vitest";
import { findPreset } from "../../../shared/config/presets.ts";
import { createGraphEngine } from "../../../worker/engine/graph/graph-engine.ts";
import { temporaryFolder, trainJson } from "../../support/cli.ts";
import { writeIdxFolder } from "../../support/idx-folder.ts";
import { execute } from "../../support/oracle.ts";
import { setting } from "../../support/preset-step.ts";

const NAMES = ["dcgan", "resnet", "wgan-gp", "sngan", "sagan", "acgan", "r3gan"];
/** The smallest, an odd one with alpha, one that is not square: each is conditional in one of them. */
const SIZES = [[8, 8, 1], [17, 23, 4], [32, 48, 3]] as const; // prettier-ignore
const CONDITIONAL_AT = 17;
const graph = createGraphEngine("test");

test.each(NAMES.flatMap((name) => SIZES.map((size) => [name, size] as const)))(
  "the first step of %s is finite at %o",
  async (name, imageShape) => {
    const { config } = findPreset(name);
    for (const conditional of name === "acgan"
      ? [true]
      : imageShape[0] === CONDITIONAL_AT
        ? [false, true]
        : [false]) {
      const { programs, inputs } = await setting(
        {
          ...config,
          model: { ...config.model, filters: 8 } as typeof config.model,
          conditional,
          batch: 2,
          shard: 2,
          sampleCount: 1,
        },
        { imageShape, classes: 10 },
      );
      for (const [i, program] of programs.entries()) {
        const outputs = await execute(graph, program, inputs[i]);
        const wrong = Object.entries(outputs).filter(([, values]) => !values.every(Number.isFinite));
        expect(wrong.map(([output]) => output)).toEqual([]);
      }
    }
  },
);

test.each(NAMES)("%s has the same bits on 1, 2 and 3 workers, by class and without", async (name) => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 40, [9, 12, 1], 3);
  const flags = ["--preset", name, "--data", data, "--filters", "8", "--batch", "12", "--shard", "4", "--steps", "2"]; // prettier-ignore
  const byClass = name === "acgan" ? [] : [["--conditional"]];
  for (const more of [[], ...byClass]) {
    const hashes = new Set<unknown>();
    for (const workers of ["1", "2", "3"]) {
      const done = await trainJson([
        ...flags,
        ...more,
        "--workers",
        workers,
        "--threads",
        "1",
        "--out",
        folder,
      ]);
      hashes.add(done["weightsHash"]);
    }
    expect(hashes.size).toBe(1);
  }
});
