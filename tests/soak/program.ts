// The built program as a process whose lines are heard as they come and not kept: there are hundreds of thousands.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { JsonEvent } from "../support/cli.ts";

const CLI = fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url));

export interface Program {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<ProgramEnd>;
  kill(signal: NodeJS.Signals): void;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of it, if it is long. */
  readonly stderr: string;
}

/** So much of what it complains of is kept, in characters. */
const KEPT = 4000;

/** Starts `ganglion …`, which is killed when the test ends. `hear` gets each line of its stdout. */
export function startProgram(
  flags: readonly string[],
  hear: (line: string) => void = () => undefined,
): Program {
  const child = spawn(process.execPath, [CLI, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout }).on("line", hear);
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr = (stderr + text.toString()).slice(-KEPT)));
  const ended = Promise.all([once(child, "exit"), once(lines, "close")]).then(() => ({
    code: child.exitCode,
    signal: child.signalCode,
    stderr,
  }));
  return { pid: child.pid!, ended, kill: (signal) => void child.kill(signal) };
}

/** The same with `--json`. */
export function startJson(flags: readonly string[], hear: (event: JsonEvent) => void): Program {
  return startProgram([...flags, "--json"], (line) => hear(JSON.parse(line) as JsonEvent));
}
