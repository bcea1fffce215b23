// Ctrl-C and SIGTERM: the first asks for a clean stop, the second ends the process.

export interface Interrupts {
  readonly stop: AbortSignal;
  /** Gives the signals back to their default. */
  release(): void;
}

/** `say` hears what the first signal does. The second exits with 1. */
export function catchInterrupts(say: (sentence: string) => void, sentence: string): Interrupts {
  const controller = new AbortController();
  const handle = (): void => {
    if (controller.signal.aborted) process.exit(1);
    say(sentence);
    controller.abort();
  };
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return {
    stop: controller.signal,
    release() {
      process.off("SIGINT", handle);
      process.off("SIGTERM", handle);
    },
  };
}
