// docs/layers.md: it lists every layer with its arguments, and its example is a module that compiles.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import {
  GAN_INITIALIZER_ARGUMENTS,
  GAN_LAYER_ARGUMENTS,
} from "../../../../../../coordinator/compiler/models/users/arguments/gan-arguments.ts";
import { LAYER_ARGUMENTS } from "../../../../../../coordinator/compiler/models/users/arguments/layer-arguments.ts";
import { ganParts } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { parseConfig } from "../../../../../../shared/config/config.ts";
import { temporaryFolder } from "../../../../../support/cli.ts";

const page = await readFile(new URL("../../../../../../docs/layers.md", import.meta.url), "utf8");

test("the table has every layer and initializer, with the arguments that it takes", () => {
  const rows = [...page.matchAll(/^\| `(layers|initializers)\.(\w+)` \| (.*?) \|/gm)];
  const { layers, initializers } = ganParts();
  expect(rows.map(([, path, name]) => `${path}.${name}`).sort()).toEqual(
    [...Object.keys(layers).map((name) => `layers.${name}`), ...Object.keys(initializers).map((name) => `initializers.${name}`)].sort(),
  ); // prettier-ignore
  const ofEvery = Object.keys(LAYER_ARGUMENTS["flatten"].rules).filter((name) => name !== "dataFormat");
  for (const [, path, name, told] of rows) {
    const { rules } = (path === "layers" ? GAN_LAYER_ARGUMENTS : GAN_INITIALIZER_ARGUMENTS)[name];
    const own = Object.keys(rules).filter((argument) => !ofEvery.includes(argument));
    const inherited = told.includes("tf.layers.conv2d") ? Object.keys(LAYER_ARGUMENTS["conv2d"].rules) : [];
    for (const argument of own.filter((one) => !inherited.includes(one)))
      expect(told, name).toContain(`\`${argument}\``);
  }
});

test("the example is a module that compiles, with the moving state that the page promises", async () => {
  const source = /^```js\n(\/\/ sngan\.mjs[\s\S]*?)^```$/m.exec(page)![1];
  const file = join(await temporaryFolder(), "sngan.mjs");
  await writeFile(file, source);
  const config = parseConfig({
    model: { kind: "module", file },
    latentSize: 5,
    batch: 8,
    shard: 4,
    sampleCount: 2,
    length: { kind: "steps", steps: 1 },
  });
  const { layout } = await compileRun(config, { imageShape: [7, 8, 1], classes: 3 });
  const state = layout.slots
    .map(({ name }) => name)
    .filter((name) => name.startsWith("state/discriminator/"));
  expect(state).toEqual([
    "state/discriminator/01-spectralnorm/u",
    "state/discriminator/03-spectralnorm/u",
    "state/discriminator/08-projection/embedding_u",
    "state/discriminator/08-projection/kernel_u",
  ]);
});
