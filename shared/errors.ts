// The one error class: a closed set of codes, a message that names the value and the remedy, the cause kept.

/**
 * What went wrong, stable for scripts. Codes in `USER_MISTAKES` end the program with exit code 2, DIVERGED with 3, others
 * with 1.
 */
export type ErrorCode =
  | "USAGE"
  | "CONFIG"
  | "DATA"
  | "MODEL"
  | "TRACE"
  | "UNSUPPORTED_KERNEL"
  | "ENGINE"
  | "FRAME"
  | "PROTOCOL"
  | "TRANSPORT"
  | "AUTH"
  | "VERSION_MISMATCH"
  | "LAYOUT_MISMATCH"
  | "DATA_MISMATCH"
  | "CHECKPOINT"
  | "RUN_FOLDER"
  | "DIVERGED"
  | "NO_WORKERS"
  | "WORKER"
  | "HUNG";

const USER_MISTAKES: ReadonlySet<ErrorCode> = new Set([
  "USAGE",
  "CONFIG",
  "DATA",
  "MODEL",
  "TRACE",
  "UNSUPPORTED_KERNEL",
  "AUTH",
  "CHECKPOINT",
]);

export class GanglionError extends Error {
  override readonly name = "GanglionError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }

  /**
   * 2 for what the user can mend in the command or config, 3 for training that diverged (the same bits diverge again, so
   * that nobody should retry it), 1 for what failed while running.
   */
  get exitCode(): 1 | 2 | 3 {
    if (this.code === "DIVERGED") return 3;
    return USER_MISTAKES.has(this.code) ? 2 : 1;
  }
}

/** Whether training has come to values that are not finite, which the same bits come to again. */
export function isDivergence(error: unknown): boolean {
  return error instanceof GanglionError && error.code === "DIVERGED";
}

/** The message of anything that was thrown, for logs and for the `cause` part of a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
