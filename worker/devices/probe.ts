// Tries an engine on a device in a process of its own: a native crash ends that process, not this one.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { EngineChoice } from "../engine/engine-choice.ts";

type Arrays = Readonly<Record<string, Float32Array>>;

/** What is computed: a gradient whose value is known, then, where speed matters, a step that is timed. */
export interface ProbeWork {
  readonly check: {
    /** Encoded, as all programs here. */
    readonly program: Uint8Array;
    readonly inputs: Arrays;
    /** What an engine that works computes, but for rounding. */
    readonly expected: Arrays;
  };
  readonly speed?: {
    readonly program: Uint8Array;
    /** Images a run of the program trains on. */
    readonly images: number;
  };
}

export type ProbeResult =
  | {
      readonly kind: "works";
      readonly choice: EngineChoice;
      /** The device's name where it has one, else its kind. */
      readonly device: string;
      readonly numerics: string;
      /** From the start of the process to the first gradient. */
      readonly startMs: number;
      /** Of one thread; null where it was not measured. */
      readonly imagesPerSecond: number | null;
    }
  | {
      readonly kind: "fails";
      readonly choice: EngineChoice;
      /** A sentence, with the remedy where one is known. */
      readonly cause: string;
    };

/** What the process is sent, and what it answers: a result but for what only the parent knows. */
export interface ProbeRequest {
  readonly choice: EngineChoice;
  readonly work: ProbeWork;
}
export type ProbeAnswer =
  | {
      readonly kind: "works";
      readonly device: string;
      readonly numerics: string;
      readonly firstGradientAt: number;
      readonly imagesPerSecond: number | null;
    }
  | { readonly kind: "fails"; readonly cause: string };

/** A GPU's first program may be compiled for half a minute; what takes longer hangs. */
const TIMEOUT_MS = 120_000;

/** How much of what a dying process said a cause repeats, in characters. */
const LAST_WORDS = 600;

/** Processes run the compiled file; from the sources (in tests) that is the one under dist. */
const ENTRY = fileURLToPath(
  new URL(
    import.meta.url.endsWith(".ts") ? "../../dist/worker/devices/probe-process.js" : "./probe-process.js",
    import.meta.url,
  ),
);

/** Never throws for an engine that does not work: that is a result. */
export async function probe(
  choice: EngineChoice,
  work: ProbeWork,
  { entry = ENTRY, timeoutMs = TIMEOUT_MS }: { readonly entry?: string; readonly timeoutMs?: number } = {},
): Promise<ProbeResult> {
  const started = Date.now();
  const child = fork(entry, { serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let words = "";
  let answer: ProbeAnswer | null = null;
  child.stderr!.on("data", (text: Buffer) => (words = (words + text.toString()).slice(-LAST_WORDS)));
  child.on("message", (message: ProbeAnswer) => (answer = message));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  try {
    child.send({ choice, work } satisfies ProbeRequest, () => undefined); // a child that is gone tells by its exit
    await once(child, "close");
  } finally {
    clearTimeout(timer);
  }
  return resultOf(answer, started, child.signalCode ?? `exit code ${child.exitCode}`);

  function resultOf(given: ProbeAnswer | null, since: number, end: string): ProbeResult {
    if (given?.kind === "fails") return { kind: "fails", choice, cause: given.cause };
    if (given) {
      const { device, numerics, firstGradientAt, imagesPerSecond } = given;
      return { kind: "works", choice, device, numerics, startMs: firstGradientAt - since, imagesPerSecond };
    }
    const late = Date.now() - since >= timeoutMs;
    const fate = late ? `gave no gradient within ${timeoutMs / 1000} s` : `crashed (${end})`;
    return {
      kind: "fails",
      choice,
      cause: `the process that tried it ${fate}${words && `; its last words: ${words.trim()}`}`,
    };
  }
}
