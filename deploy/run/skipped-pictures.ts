// The pictures that a run goes on without: in its folder, and counted in a warning.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { displayPath } from "../terminal/format.ts";
import type { Display } from "../terminal/display.ts";
import type { RunData } from "./load-data.ts";

/** `skipped.txt` in the folder: a line each, the picture's name and why. @throws GanglionError RUN_FOLDER */
export async function noteSkipped(
  { path }: { readonly path: string },
  { train, test }: RunData,
  warn: Display["warn"],
): Promise<void> {
  const skipped = [...train.skipped, ...(test?.skipped ?? [])];
  if (skipped.length === 0) return;
  const file = join(path, "skipped.txt");
  try {
    await writeFile(file, skipped.map(({ name, reason }) => `${name}\t${reason}\n`).join(""));
  } catch (cause) {
    throw new GanglionError("RUN_FOLDER", `${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
  const [first] = skipped;
  warn(
    "DATA",
    `${skipped.length} ${skipped.length === 1 ? "picture" : "pictures"} of ${train.name} cannot be read and ${skipped.length === 1 ? "is" : "are"} left out (${first.name}: ${first.reason}${skipped.length === 1 ? "" : " …"}); ${displayPath(file)} lists them`,
  );
}
