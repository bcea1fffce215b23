// Programs that measure in a process of their own and print what they found as their last line, in JSON.
import { execFile } from "node:child_process";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const JITI = fileURLToPath(new URL("../../../node_modules/jiti/lib/jiti-cli.mjs", import.meta.url));

/** @throws Error with what it said, when it fails */
export async function lastLineOf(file: string, words: readonly (string | number)[]): Promise<unknown> {
  const { stdout } = await run(file, words.map(String));
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as unknown;
}

/** The same of a TypeScript file beside this one. */
export function lastLineOfScript(name: string, words: readonly (string | number)[]): Promise<unknown> {
  return lastLineOf(process.execPath, [JITI, fileURLToPath(new URL(name, import.meta.url)), ...words]);
}

/** What the table is of, for its head: others' load makes all of it slower. */
export function machine(): string {
  return `${cpus()[0].model}, ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`;
}
