// The one error class: a closed set of codes, a message that names the value and the remedy, the cause kept.

/** What went wrong, stable for scripts. Codes in `USER_MISTAKES` end the program with exit code 2, others with 1. */
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

  /** 2 for what the user can mend in the command or config, 1 for what failed while running. */
  get exitCode(): 1 | 2 {
    return USER_MISTAKES.has(this.code) ? 2 : 1;
  }
}

/** The message of anything that was thrown, for logs and for the `cause` part of a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
