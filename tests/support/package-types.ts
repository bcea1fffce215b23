// What the compiler says of a module in a project that has installed the package.
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "./cli.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMPILER = join(ROOT, "node_modules", ".bin", "tsc");

/** `modules`: texts by their file names; a `.js` is checked, too. Empty where there is nothing to say. */
export async function complaintsOf(modules: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules", "ganglion"));
  const compilerOptions = {
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowJs: true,
    checkJs: true,
    skipLibCheck: true, // tfjs's own have faults
    types: [],
  };
  const files = Object.keys(modules);
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  for (const [file, text] of Object.entries(modules)) await writeFile(join(folder, file), text);
  return await promisify(execFile)(COMPILER, ["-p", folder]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout || "the compiler failed without a word",
  );
}
