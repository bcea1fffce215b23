// Programs of this machine that provisioning runs: to their end, with their error output kept.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { GanglionError, messageOf } from "../../../shared/errors.ts";

export interface Tool {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** What it is for, e.g. `compile the binding`: the error's first words. */
  readonly purpose: string;
  /** What the user can do when it is missing or fails. */
  readonly remedy: string;
}

/** How much of a complaint an error repeats, in characters. */
const COMPLAINT_LENGTH = 1500;

/**
 * What the program wrote to its output.
 *
 * @throws GanglionError ENGINE when there is no such program or it fails, with the end of its complaint
 */
export async function runTool(tool: Tool): Promise<string> {
  const { command, purpose, remedy } = tool;
  const child = spawn(command, tool.arguments, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...tool.environment },
  });
  let output = "";
  let complaint = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on(
    "data",
    (text: Buffer) => (complaint = (complaint + text.toString()).slice(-COMPLAINT_LENGTH)),
  );
  try {
    await once(child, "close");
  } catch (cause) {
    throw new GanglionError("ENGINE", `cannot ${purpose}: ${messageOf(cause)}; ${remedy}`, { cause });
  }
  if (child.exitCode === 0) return output;
  const end = child.signalCode ? `signal ${child.signalCode}` : `exit code ${child.exitCode}`;
  throw new GanglionError(
    "ENGINE",
    `cannot ${purpose}: ${command} ended with ${end}; ${remedy}\n${complaint.trim()}`,
  );
}
