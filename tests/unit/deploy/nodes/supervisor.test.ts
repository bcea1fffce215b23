// The supervisor, on real processes and a clock that the test turns.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { NodeEnd, NodeProcess } from "../../../../deploy/nodes/node-process.ts";
import { type Clock, type Slot, supervise } from "../../../../deploy/nodes/supervisor.ts";

interface Child extends NodeProcess {
  /** Resolves with its first output. */
  readonly said: Promise<unknown>;
  /** Closes its stdin. */
  readonly hangUp: () => void;
}

/** A real process that runs a line of JavaScript. */
function run(script: string): Child {
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit").then((): NodeEnd => {
    if (child.exitCode === 0) return { kind: "clean" };
    const how = child.signalCode ? `signal ${child.signalCode}` : `exit code ${child.exitCode}`;
    return { kind: "failed", how, mistake: child.exitCode === 2 };
  });
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    said: once(child.stdout, "data"),
    hangUp: () => void child.stdin.end(),
  };
}

/** Runs until its stdin is closed, or SIGTERM comes. */
const STEADY = "process.stdin.resume().on('end', () => process.exit(0))";
const STUBBORN = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')";
const CRASHING = "process.exit(1)";
const MISTAKEN = "process.exit(2)";

/** Waits end at once, and are noted; a process may be said to have lived for long. */
class NotedClock implements Clock {
  time = 0;
  readonly waits: number[] = [];
  now = (): number => this.time;
  wait = (milliseconds: number): Promise<void> => {
    this.waits.push(milliseconds);
    this.time += milliseconds;
    return Promise.resolve();
  };
}

/** A pause that only an abort ends. */
const frozen: Clock = {
  now: () => 0,
  wait: (_, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    }),
};

let warnings: string[];
beforeEach(() => {
  warnings = [];
});
const options = (slots: readonly Slot[], clock: Clock, stop = new AbortController().signal) => ({
  slots,
  clock,
  stop,
  warn: (sentence: string) => void warnings.push(sentence),
});

describe("a process that crashes", () => {
  test("is started again after 10, 20, 40, 80 s, and benched at the fifth crash in a row", async () => {
    const clock = new NotedClock();
    let starts = 0;
    const slot = { name: "gpu0", start: () => (starts++, run(CRASHING)) };
    await expect(supervise(options([slot], clock))).rejects.toThrow(
      "gpu0: benched after 5 crashes in a row; no worker is left",
    );
    expect(starts).toBe(5);
    expect(clock.waits).toEqual([10_000, 20_000, 40_000, 80_000]);
    expect(warnings.at(0)).toBe("gpu0 ended with exit code 1; starting it again in 10 s");
    expect(warnings.at(-1)).toBe("gpu0 ended with exit code 1; it is benched after 5 crashes in a row");
  });

  test("starts counting anew when it has run for ten minutes", async () => {
    const clock = new NotedClock();
    const lives = [CRASHING, CRASHING, "process.kill(process.pid, 'SIGKILL')", "process.exit(0)"]; // prettier-ignore
    let life = 0;
    const start = (): NodeProcess => {
      const process = run(lives[life]);
      if (life++ === 2) clock.time += 600_000; // the third life is a long one
      return process;
    };
    await supervise(options([{ name: "gpu0", start }], clock));
    expect(clock.waits).toEqual([10_000, 20_000, 10_000]);
    expect(warnings.at(-1)).toBe("gpu0 ended with signal SIGKILL; starting it again in 10 s");
  });

  test("is benched alone: the others go on, and the end is theirs", async () => {
    const good = run(STEADY);
    const slots = [
      { name: "good", start: () => good },
      { name: "bad", start: () => run(CRASHING) },
    ];
    await supervise({
      ...options(slots, new NotedClock()),
      warn(sentence) {
        warnings.push(sentence);
        if (sentence.includes("benched")) good.hangUp();
      },
    });
    expect(warnings).toHaveLength(5);
    expect(warnings.every((sentence) => sentence.startsWith("bad "))).toBe(true);
  });

  test("is not waited for when the run is over", async () => {
    const good = run(STEADY);
    const slots = [
      { name: "crashing", start: () => run(CRASHING) },
      { name: "good", start: () => good },
    ];
    await supervise({ ...options(slots, frozen), warn: good.hangUp });
  });
});

test("a process that refuses its flags is not started again, and ends the others with its reason", async () => {
  const slots = [
    { name: "steady", start: () => run(STEADY) },
    { name: "mistaken", start: () => run(MISTAKEN) },
  ];
  await expect(supervise(options(slots, frozen))).rejects.toMatchObject({
    code: "USAGE",
    message: "mistaken ended with exit code 2",
  });
  expect(warnings).toEqual([]);
});

describe("when it is asked to stop", () => {
  test("every process gets SIGTERM, and none is started again", async () => {
    const stop = new AbortController();
    let ready: () => void;
    const both = new Promise<void>((resolve) => (ready = resolve));
    let started = 0;
    const start = (): NodeProcess => {
      const process = run(STEADY); // ends by SIGTERM itself: not clean, and yet no crash
      if (++started === 2) ready();
      return process;
    };
    const slots = [{ name: "gpu0", start }, { name: "gpu1", start }]; // prettier-ignore
    const ended = supervise(options(slots, frozen, stop.signal));
    await both;
    stop.abort();
    await ended;
    expect([started, warnings]).toEqual([2, []]);
  });

  test("one that does not listen is killed when its time is over", async () => {
    const stop = new AbortController();
    const clock = new NotedClock(); // the 30 s are over at once
    const child = run(STUBBORN);
    await child.said;
    const ended = supervise(options([{ name: "gpu0", start: () => child }], clock, stop.signal));
    stop.abort();
    await ended;
    expect(clock.waits).toEqual([30_000]);
    expect(await child.ended).toMatchObject({ how: "signal SIGKILL" });
  });

  test("nothing is started when that was before", async () => {
    await supervise(options([{ name: "gpu0", start: () => run("") }], frozen, AbortSignal.abort()));
    expect(warnings).toEqual([]);
  });
});
