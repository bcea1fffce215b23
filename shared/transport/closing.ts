// Why a connection closed: the first reason that anyone gave.

export interface Closing {
  /** Resolves, never rejects, with the reason. */
  readonly closed: Promise<string>;
  /** Whether someone gave a reason. */
  started(): boolean;
  reason(): string;
  because(reason: string): void;
  /** Announces the first reason, or `fallback` when there was none, and returns it. */
  finish(fallback: string): string;
}

/** Remembers the first reason given and announces it when the socket is really closed. */
export function createClosing(): Closing {
  let first: string | null = null;
  let announce: (reason: string) => void;
  const closed = new Promise<string>((resolve) => {
    announce = resolve;
  });
  return {
    closed,
    started: () => first !== null,
    reason: () => first ?? "the peer is leaving",
    because(reason: string): void {
      first ??= reason;
    },
    finish(fallback: string): string {
      first ??= fallback;
      announce(first);
      return first;
    },
  };
}
