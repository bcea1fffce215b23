// `ganglion init`: what it writes trains at once, on images of any size, and has no fault that a compiler sees.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileRun } from "../../coordinator/compiler/compile-run.ts";
import { moduleText } from "../../deploy/init/module-text.ts";
import { VARIANTS } from "../../deploy/init/variants.ts";
import { parseConfig } from "../../shared/config/config.ts";
import { runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { complaintsOf } from "../support/package-types.ts";

const LANGUAGES = ["ts", "js"] as const;

const every = VARIANTS.flatMap((variant) =>
  LANGUAGES.map((language) => {
    const file = `${variant.name}.${language}`;
    return { file, text: moduleText(variant, language, file) };
  }),
);

test(
  "every variant type-checks in strict mode, in TypeScript and in JavaScript",
  { timeout: 60_000 },
  async () => {
    expect(await complaintsOf(Object.fromEntries(every.map(({ file, text }) => [file, text])))).toBe("");
  },
);

describe("a variant compiles for images of an odd size and three channels", () => {
  test.each(every)("$file", { timeout: 60_000 }, async ({ file, text }) => {
    const path = join(await temporaryFolder(), file);
    await writeFile(path, text);
    const model = { kind: "module", file: path } as const;
    const config = parseConfig({ model, batch: 4, shard: 2, length: { kind: "steps", steps: 1 } });
    const run = await compileRun(config, { imageShape: [17, 10, 3], classes: 3 });
    expect(run.generate?.imageShape).toEqual([17, 10, 3]);
    expect(Object.keys(run.parameters).toSorted()).toEqual(["discriminator", "generator"]);
  });
});

test("JavaScript and TypeScript of a variant are the same run", { timeout: 60_000 }, async () => {
  const folder = await temporaryFolder();
  const hashes: unknown[] = [];
  for (const name of ["gan.ts", "gan.js"]) {
    const { code, stdout } = await runCli(["init", join(folder, name), "--variant", "hinge"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("ganglion train --model ")]);
    const small = ["--steps", "2", "--batch", "8", "--shard", "4", "--out", folder];
    hashes.push((await trainJson(["--model", join(folder, name), ...small]))["weightsHash"]);
  }
  expect(hashes[0]).toBe(hashes[1]);
});

test("a .js module with exports trains in a folder whose package.json says commonjs", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "package.json"), '{"type":"commonjs"}');
  await runCli(["init", join(folder, "gan")]);
  const small = ["--steps", "1", "--batch", "8", "--shard", "4", "--out", folder];
  expect((await trainJson(["--model", join(folder, "gan.js"), ...small]))["steps"]).toBe(1);
});

test("a file that is there is left as it is", async () => {
  const file = join(await temporaryFolder(), "gan.js");
  await writeFile(file, "mine");
  const { code, stderr } = await runCli(["init", file]);
  expect([code, stderr]).toEqual([2, `ganglion: ${file} is there already: choose another name\n`]);
  expect(await readFile(file, "utf8")).toBe("mine");
});

test.each([
  [["a.cjs"], "CommonJS"],
  [["a.ts", "--language", "js"], "leave one of them out"],
  [["models/"], "is no name of a file"],
  [["a", "--variant", "stylegan"], "Choose one of plain, conditional, hinge, wgan-gp"],
])("%j is refused", async (given, why) => {
  const { code, stderr } = await startCli(["init", ...given], {}, ["env", "-C", await temporaryFolder()])
    .finished;
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
});
