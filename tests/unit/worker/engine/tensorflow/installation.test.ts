import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  BINDING_FILE,
  BINDING_REVISION,
  INSTALLED_FILE,
  findTensorflow,
  tensorflowFolder,
  tfjsNodePackage,
} from "../../../../../worker/engine/tensorflow/installation.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

describe("libtensorflow is looked for", () => {
  test.each([
    [{ GANGLION_TENSORFLOW: "/opt/tf", XDG_CACHE_HOME: "/cache" }, "/opt/tf"],
    [{ XDG_CACHE_HOME: "/cache" }, "/cache/ganglion/tensorflow"],
    [{ XDG_CACHE_HOME: "" }, join(homedir(), ".cache/ganglion/tensorflow")],
  ])("with %j in %s", (environment, folder) => {
    expect(tensorflowFolder(environment)).toBe(folder);
  });
});

describe("an installation", () => {
  const { version } = tfjsNodePackage();
  const installed = { tensorflow: "2.21.0", package: version, source: "a test", revision: BINDING_REVISION };

  test("that is whole is found with its binding", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, INSTALLED_FILE), JSON.stringify(installed));
    await writeFile(join(folder, BINDING_FILE), "");
    expect(findTensorflow(folder)).toEqual({ ...installed, folder, binding: join(folder, BINDING_FILE) });
  });

  test.each([
    ["is missing", null, /no libtensorflow in .*: run ganglion setup tensorflow$/],
    [
      "is of another package version",
      { ...installed, package: "4.0.0" },
      /set up for .* 4\.0\.0, installed is .*--force/,
    ],
    ["lost its binding", installed, /--force/],
    ["does not say what it is", { tensorflow: 2 }, /cannot be read .*--force/],
  ])("that %s is refused with the command that mends it", async (_name, content, message) => {
    const folder = await temporaryFolder();
    if (content) await writeFile(join(folder, INSTALLED_FILE), JSON.stringify(content));
    expect(() => findTensorflow(folder)).toThrow(message);
  });

  test("whose binding is of before a mend is refused, as is one from before there were any", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, BINDING_FILE), "");
    const { revision, ...first } = installed;
    for (const content of [first, { ...installed, revision: revision - 1 }]) {
      await writeFile(join(folder, INSTALLED_FILE), JSON.stringify(content));
      expect(() => findTensorflow(folder)).toThrow(
        /another version of Ganglion: run ganglion setup tensorflow$/,
      );
    }
  });
});
