// Runs the built program as a user or a script does: a real process, its lines as they come, signals.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url));

export interface JsonEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of stdout that are JSON objects. */
  readonly events: readonly JsonEvent[];
}

export interface Running {
  readonly process: ChildProcess;
  /** Resolves with the first line of stdout, past or to come, that `matches`; rejects when the process ends without. */
  line(matches: (line: string) => boolean): Promise<string>;
  event(matches: (event: JsonEvent) => boolean): Promise<JsonEvent>;
  readonly finished: Promise<Finished>;
}

/** Starts `ganglion …`, `by` another command (`ip netns exec NAME`) where one is given; it is killed when the test ends. */
export function startCli(
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  by: readonly string[] = [],
): Running {
  const [program, ...words] = [...by, process.execPath, CLI, ...flags];
  return startProgram(program, words, environment);
}

/** Any other program, such as a script that starts ganglion. */
export function startProgram(
  program: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(program, flags, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  const wake = (): void => watchers.forEach((watcher) => watcher());
  const reader = createInterface({ input: child.stdout });
  reader.on("line", (text) => {
    lines.push(text);
    wake();
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  let ended = false;
  const finished = Promise.all([once(child, "exit"), once(reader, "close")]).then((): Finished => {
    ended = true;
    wake();
    return { code: child.exitCode, stdout: lines.join("\n"), stderr, events: lines.flatMap(parseEvent) };
  });

  async function line(matches: (line: string) => boolean): Promise<string> {
    for (let next = 0; ;) {
      for (; next < lines.length; next++) if (matches(lines[next])) return lines[next];
      if (ended) throw new Error(`the line never came; stdout:\n${lines.join("\n")}\nstderr:\n${stderr}`);
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
      });
    }
  }
  return {
    process: child,
    finished,
    line,
    event: async (matches) => parseEvent(await line((text) => parseEvent(text).some(matches)))[0],
  };
}

export function runCli(
  flags: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Finished> {
  return startCli(flags, environment).finished;
}

/** `ganglion train --json …`, to its last event; fails when it fails. */
export async function trainJson(
  flags: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<JsonEvent> {
  const command = ["train", "--json", "--dashboard", "off", ...flags];
  const { code, stderr, events } = await runCli(command, environment);
  const last = events.at(-1);
  if (code !== 0 || last?.event !== "done") throw new Error(`train ended with ${code}: ${stderr}`);
  return last;
}

/** An empty folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-test-"));
  // Again where a process that was killed has written its last meanwhile.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return folder;
}

function parseEvent(line: string): JsonEvent[] {
  if (!line.startsWith("{")) return [];
  try {
    return [JSON.parse(line) as JsonEvent];
  } catch (cause) {
    throw new Error(`a line that looks like JSON is none: ${line}`, { cause });
  }
}
