// What was warned of: each warning once, as it was told last, with since when and how often.
import { alikeKey } from "../../../../shared/alike.ts";

export interface Warned {
  readonly key: string;
  readonly code: string;
  readonly message: string;
  /** How often it was given. */
  readonly times: number;
  /** The steps that were made when it came first and last; null where none was. */
  readonly firstStep: number | null;
  readonly lastStep: number | null;
  /** ISO 8601, of the last time; null where only the server counted it. */
  readonly time: string | null;
}

/** As the server counts it since the run began. */
export interface CountedWarning {
  readonly code: string;
  readonly message: string;
  /** 0: before the first step. */
  readonly firstStep: number;
  readonly lastStep: number;
  readonly times: number;
}

/** The newest of them are kept. */
const MOST = 100;

/** Newest first. */
export function warned(
  known: readonly Warned[],
  { code, message, time }: { readonly code: string; readonly message: string; readonly time: string },
  step: number | null,
): readonly Warned[] {
  const key = alikeKey({ code, message });
  const before = known.find((warning) => warning.key === key);
  const now: Warned = {
    key,
    code,
    message,
    times: (before?.times ?? 0) + 1,
    firstStep: before ? before.firstStep : step,
    lastStep: step,
    time,
  };
  return [now, ...known.filter((warning) => warning !== before)].slice(0, MOST);
}

/** What the server counted in place of what was heard, which may be less. Newest first, both. */
export function counted(heard: readonly Warned[], all: readonly CountedWarning[]): readonly Warned[] {
  const own = all.map(({ firstStep, lastStep, ...warning }): Warned => {
    const key = alikeKey(warning);
    const known = heard.find((one) => one.key === key);
    return {
      ...warning,
      key,
      times: Math.max(warning.times, known?.times ?? 0),
      firstStep: firstStep || null,
      lastStep: lastStep || null,
      time: known?.time ?? null,
    };
  });
  const keys = new Set(own.map(({ key }) => key));
  return [...heard.filter(({ key }) => !keys.has(key)), ...own].slice(0, MOST);
}

/**
 * The diagnosis and the remedy of a guard's message, which ends with one: `…; start anew with a smaller
 * --learning-rate`. Other messages are all diagnosis.
 */
export function partsOf(warning: Pick<Warned, "code" | "message">): {
  readonly diagnosis: string;
  readonly remedy: string | null;
} {
  const at = warning.message.lastIndexOf("; ");
  if (!WITH_REMEDY.has(warning.code) || at < 0) return { diagnosis: warning.message, remedy: null };
  return { diagnosis: warning.message.slice(0, at), remedy: warning.message.slice(at + 2) };
}

/** The guard's codes (docs/guard.md). */
const WITH_REMEDY: ReadonlySet<string> = new Set([
  "GENERATOR_COLLAPSE",
  "PARTIAL_COLLAPSE",
  "DISCRIMINATOR_WINS",
  "DISCRIMINATOR_LOSES",
  "OSCILLATION",
  "DEAD_RELU",
  "EXPLODING_GRADIENT",
  "VANISHING_GRADIENT",
]);
