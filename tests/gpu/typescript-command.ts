// How a file of these tests is started as a process of its own.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The command and its first words. */
export function typescriptCommand(file: URL): readonly [string, ...string[]] {
  const jiti = dirname(createRequire(import.meta.url).resolve("jiti/package.json"));
  return [process.execPath, join(jiti, "lib", "jiti-cli.mjs"), fileURLToPath(file)];
}
