import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { findLibrary } from "../../../../../deploy/install/tensorflow/library.ts";
import { packageDownloadUrl } from "../../../../../deploy/install/tensorflow/package-download.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const HEADER = "include/tensorflow/c/eager/c_api.h";

async function folderWith(files: readonly string[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), "");
  }
  return folder;
}

describe("libtensorflow is found", () => {
  test.each([
    ["in an unpacked archive", "lib/libtensorflow.so.2", "lib/libtensorflow_framework.so.2"],
    ["in Python's site-packages", "libtensorflow_cc.so.2", "libtensorflow_framework.so.2"],
  ])("%s", async (_where, api, framework) => {
    const folder = await folderWith([api, framework, HEADER]);
    expect(findLibrary(folder)).toEqual({
      libraries: [join(folder, api), join(folder, framework)],
      include: join(folder, "include"),
    });
  });

  test("not without its headers, nor in a folder with other things", async () => {
    const bare = await folderWith(["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]);
    expect(() => findLibrary(bare)).toThrow(/c_api\.h/);
    const other = await folderWith(["notes.txt"]);
    expect(() => findLibrary(other)).toThrow(/no libtensorflow in .*notes\.txt.*--libtensorflow/);
    expect(() => findLibrary(join(other, "none"))).toThrow(/no such folder/);
  });
});

test("the package's own download heeds the variables of its install script", () => {
  expect(packageDownloadUrl("cpu", {})).toMatch(/^https:\/\/storage\.googleapis\.com\/.*2\.9\.1\.tar\.gz$/);
  expect(packageDownloadUrl("cpu", { TFJS_NODE_CDN_STORAGE: "https://mirror/" })).toMatch(
    /^https:\/\/mirror\//,
  );
});
