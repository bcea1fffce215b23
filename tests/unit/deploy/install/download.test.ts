// What is read from afar arrives whole, after a failure too; what cannot pass is not tried again.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { download } from "../../../../deploy/install/download.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import { temporaryFolder } from "../../../support/cli.ts";

/** A source that fails so often after its first piece, and how often it was opened. */
function source(failures: number, code: "TRANSPORT" | "DATA") {
  let opened = 0;
  async function* open(): AsyncGenerator<Uint8Array> {
    const fails = ++opened <= failures;
    yield Buffer.from(`of ${opened}, `);
    if (fails) throw new GanglionError(code, "replaced");
    yield Buffer.from("whole");
  }
  return { open, opened: () => opened };
}

test("a file that was replaced while it was read is read anew, from its beginning", async () => {
  const file = join(await temporaryFolder(), "file");
  await download(source(4, "TRANSPORT").open, file);
  expect(await readFile(file, "utf8")).toBe("of 5, whole");
});

test("it ends after five attempts, and after one where another would fail the same way", async () => {
  const file = join(await temporaryFolder(), "file");
  const [never, damaged] = [source(9, "TRANSPORT"), source(9, "DATA")];
  for (const { open } of [never, damaged]) await expect(download(open, file)).rejects.toThrow("replaced");
  expect([never.opened(), damaged.opened()]).toEqual([5, 1]);
});
