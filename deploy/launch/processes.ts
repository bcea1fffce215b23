// A started process: its lines as they come, a polite end, a forced end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { messageOf } from "../../shared/errors.ts";
import type { PlannedProcess } from "./launch-plan.ts";

export interface Listeners {
  /** A line of its standard output. */
  readonly line: (text: string) => void;
  /** A line of its standard error. */
  readonly complaint: (text: string) => void;
}

export interface StartedProcess {
  readonly label: string;
  /** Resolves when it has ended and all its lines were delivered. */
  readonly ended: Promise<Ending>;
  /**
   * Ends its input, after one more line, which asks it to stop; ends it by force if it is still there after `graceMs`.
   */
  stop(graceMs: number): Promise<Ending>;
  kill(): void;
}

/** Code 0, or what went wrong. */
export type Ending =
  | { readonly kind: "done" }
  | {
      readonly kind: "failed";
      /** In words, with the last line that it wrote. */
      readonly how: string;
      readonly why: "crash" | "mistake" | "diverged" | "no program";
    };

/** Exit code for a mistake that the user has to fix (see `GanglionError.exitCode`). */
const MISTAKE = 2;
/** What a coordinator ends with when training has diverged. */
const DIVERGED = 3;
/** Exit codes by which shells, `env` and ssh's remote shell say that there is no such program, or that it cannot be run. */
const NO_PROGRAM: ReadonlySet<number | null> = new Set([126, 127]);

/** Writes the token to its input at once. The process gets a group of its own: Ctrl-C reaches the launcher alone. */
export function startProcess(planned: PlannedProcess, token: string, listeners: Listeners): StartedProcess {
  const [program, ...parameters] = planned.argv;
  const child = spawn(program, parameters, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...planned.environment },
    detached: true,
  });
  if (child.pid === undefined) return neverStarted(planned.label, child);
  child.stdin.on("error", () => undefined); // it ended before it read: its exit says why
  child.stdin.write(`${token}\n`);
  const kill = (): void => killGroup(child);
  const ended = endingOf(child, listeners);
  return {
    label: planned.label,
    ended,
    kill,
    async stop(graceMs) {
      child.stdin.end("stop\n"); // what a broker waits for; to others the end is enough
      const timer = setTimeout(kill, graceMs);
      try {
        return await ended;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function endingOf(child: ChildProcess, { line, complaint }: Listeners): Promise<Ending> {
  let words = "";
  const complain = (text: string): void => {
    if (/^[^\s(]/.test(text)) words = text.replace(/^(?:ganglion|error): /, ""); // no hint, no line of a stack
    complaint(text);
  };
  const delivered = [
    [child.stdout!, line],
    [child.stderr!, complain],
  ].map(([stream, onLine]) => {
    const lines = createInterface({ input: stream as NodeJS.ReadableStream });
    lines.on("line", onLine as (text: string) => void);
    return once(lines, "close");
  });
  await once(child, "exit");
  await Promise.all(delivered);
  const { exitCode, signalCode } = child;
  if (exitCode === 0) return { kind: "done" };
  return {
    kind: "failed",
    how: `ended with ${signalCode ? `signal ${signalCode}` : `exit code ${exitCode}`}${words && ` (${words})`}`,
    why: whyOf(exitCode),
  };
}

function whyOf(exitCode: number | null): Extract<Ending, { kind: "failed" }>["why"] {
  if (exitCode === MISTAKE) return "mistake";
  if (exitCode === DIVERGED) return "diverged";
  return NO_PROGRAM.has(exitCode) ? "no program" : "crash";
}

/** No such program, or too many processes: the cause follows as an event. */
function neverStarted(label: string, child: ChildProcess): StartedProcess {
  for (const stream of child.stdio ?? []) stream?.destroy();
  const ended = once(child, "error").then(([error]): Ending => ({
    kind: "failed",
    how: `could not be started: ${messageOf(error)}`,
    why: ["ENOENT", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "") ? "no program" : "crash",
  }));
  return { label, ended, stop: () => ended, kill: () => undefined };
}

/** Together with what it has started itself: a shell's or a scheduler's children. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // gone in the meantime
  }
}
