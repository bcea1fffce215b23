// A run that is asked to stop finishes its step first; where no worker is there to finish it, the run ends at once.
import type { Members } from "./members.ts";

/** The run was asked to stop, and no worker is left, can be reached, or answers, to finish the step. */
export class StoppedWithoutWorkers extends Error {}

export interface StopWithoutWorkersOptions {
  readonly stop: AbortSignal;
  readonly halt: AbortSignal;
  readonly members: Pick<Members, "ready" | "change">;
  /** Whether nodes can be reached at present; false while there is no connection to the broker. */
  readonly isReachable: () => boolean;
  /** Whether workers that have leases have not answered for too long. */
  readonly isSilent: () => boolean;
}

/** A broker that restarts is waited for so long. */
const UNREACHABLE_MS = 5000;
const LOOK_EVERY_MS = 500;

/**
 * Aborts with `StoppedWithoutWorkers` once `stop` has aborted and no member is ready, or none can be reached for five
 * seconds, or none answers; after `halt`, never.
 */
export function haltWithoutWorkers(options: StopWithoutWorkersOptions): AbortSignal {
  const { stop } = options;
  const controller = new AbortController();
  const watch = async (): Promise<void> => {
    await Promise.race([nobodyReady(options), nobodyAnswers(options)]);
    controller.abort(new StoppedWithoutWorkers());
  };
  const begin = (): void => void watch().catch(() => undefined); // halted: that ends the run by itself
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  return controller.signal;
}

async function nobodyReady({ members, halt }: StopWithoutWorkersOptions): Promise<void> {
  while (members.ready().length > 0) await members.change(halt);
}

function nobodyAnswers({ isReachable, isSilent, halt }: StopWithoutWorkersOptions): Promise<void> {
  return new Promise((resolve) => {
    let unreachableMs = 0;
    const timer = setInterval(() => {
      unreachableMs = isReachable() ? 0 : unreachableMs + LOOK_EVERY_MS;
      if (unreachableMs >= UNREACHABLE_MS || isSilent()) resolve();
    }, LOOK_EVERY_MS).unref();
    halt.addEventListener("abort", () => clearInterval(timer), { once: true });
  });
}
