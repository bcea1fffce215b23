import { writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { configFromFlags } from "../../../../deploy/flags/config-from-flags.ts";
import { temporaryFolder } from "../../../support/cli.ts";

test("a data folder is kept by its whole path: a run may be resumed from elsewhere", async () => {
  const folder = resolve(import.meta.dirname);
  expect((await configFromFlags({ data: relative("", folder) })).data).toBe(folder);
});

describe("a config file", () => {
  const fileOf = async (bytes: Buffer): Promise<string> => {
    const file = join(await temporaryFolder(), "config.json");
    await writeFile(file, bytes);
    return file;
  };

  test.each<"utf8" | "utf16le">(["utf8", "utf16le"])(
    "with a byte order mark is read in %s",
    async (encoding) => {
      const config = await fileOf(Buffer.from('\ufeff{"batch": 32, "shard": 16}', encoding));
      expect(await configFromFlags({ config })).toMatchObject({ batch: 32, shard: 16 });
    },
  );

  test("that is wrong is told with the line and the likely cause", async () => {
    const config = await fileOf(Buffer.from('{\n  "batch": 32,\n}'));
    await expect(configFromFlags({ config })).rejects.toThrow(
      `the config file ${config} cannot be read: line 2, column 14: a comma stands before }: leave it out; give`,
    );
  });
});

test("what is no folder keeps its name", async () => {
  expect((await configFromFlags({})).data).toBe("strokes");
  expect((await configFromFlags({ data: "stroks" })).data).toBe("stroks");
});
