// Ctrl-C, SIGTERM, and a terminal that is closed: the first asks for a clean stop, the second ends the process.

export interface Interrupts {
  readonly stop: AbortSignal;
  /** Gives the signals back to their default. */
  release(): void;
}

/** A terminal and npm may both pass on one Ctrl-C: a second signal within this time is the same one. */
const ECHO_MS = 300;

/**
 * `say` gets what each signal does; the second one exits with 1. `launcher` may ask to stop as well, any number of
 * times.
 */
export function catchInterrupts(
  say: (sentence: string) => void,
  sentence: string,
  launcher?: AbortSignal,
): Interrupts {
  const controller = new AbortController();
  let firstAt = 0;
  const handle = (): void => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      say(sentence);
      controller.abort();
    } else if (performance.now() - firstAt > ECHO_MS) {
      say("ended at once, in the middle of its work");
      process.exit(1);
    }
  };
  const asked = (): void => {
    if (!controller.signal.aborted) handle();
  };
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  process.on("SIGHUP", handle);
  launcher?.addEventListener("abort", asked, { once: true });
  if (launcher?.aborted) asked();
  return {
    stop: controller.signal,
    release() {
      process.off("SIGINT", handle);
      process.off("SIGTERM", handle);
      process.off("SIGHUP", handle);
      launcher?.removeEventListener("abort", asked);
    },
  };
}
