// `ganglion bench --engine …` in a process of its own, as the others are: no system inherits another's memory.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { GanglionError } from "../../shared/errors.ts";
import type { EngineChoice } from "../../worker/engine/engine-choice.ts";
import { flagsOf } from "../flags/options.ts";
import { type Work, subjectOf } from "./work.ts";
import { longFlag } from "../flags/flag.ts";
import type { Speed } from "./speed.ts";

export interface Surroundings {
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends the measurement. */
  readonly stop?: AbortSignal | undefined;
}

/** @throws GanglionError ENGINE, with how the process ended, when it ends without a measurement */
export async function measureInSubprocess(
  choice: EngineChoice,
  work: Work,
  { environment = {}, stop }: Surroundings = {},
): Promise<Speed> {
  const cli = fileURLToPath(new URL("../cli.js", import.meta.url));
  const { threads, shard, steps, warmUp, ownSchedule } = work;
  const sizes = { threads, shard, steps, "warm-up": warmUp };
  const flags = ["bench", ...flagsOf(choice)];
  for (const [name, value] of Object.entries(subjectOf(work)))
    flags.push(longFlag(name), Array.isArray(value) ? value.join("x") : String(value));
  if (ownSchedule) flags.push("--own-schedule");
  for (const [name, value] of Object.entries(sizes)) flags.push(`--${name}`, String(value));
  const last = await lastLineOf(cli, [...flags, "--json"], { environment, stop });
  stop?.throwIfAborted();
  if (last.startsWith("{")) return JSON.parse(last) as Speed;
  const again = `ganglion ${flags.join(" ")}`;
  throw new GanglionError("ENGINE", `a measurement ended ${last}: try it alone, \`${again}\``);
}

/** What it printed last, or how it ended without that: `by SIGSEGV, without a word`. */
function lastLineOf(
  program: string,
  flags: readonly string[],
  { environment, stop }: Surroundings,
): Promise<string> {
  const env = { ...process.env, ...environment };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...flags],
      { env, ...(stop && { signal: stop }) },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout.trim().split("\n").at(-1)!);
        const how = error.signal ? `by ${error.signal}` : `with ${String(error.code)}`;
        const said = /^ganglion: (.*)$/m.exec(stderr)?.[1]; // what libraries say besides is no cause
        resolve(`${how}, ${said === undefined ? "without a word" : `saying "${said}"`}`);
      },
    );
  });
}
