// A run that is to stop finishes its step first; where nobody is left to do so, it ends all the same.
import type { Members } from "./members.ts";

/** The user wants to stop, and nobody is left to finish the step. */
export class StoppedAlone extends Error {}

/** Aborts with `StoppedAlone` once `stop` has and no member is ready any more; after `halt`, never. */
export function haltWhenStoppedAlone(
  { stop, halt }: { readonly stop: AbortSignal; readonly halt: AbortSignal },
  members: Members,
): AbortSignal {
  const controller = new AbortController();
  const watch = async (): Promise<void> => {
    while (members.ready().length > 0) await members.change(halt);
    controller.abort(new StoppedAlone());
  };
  const begin = (): void => void watch().catch(() => undefined); // halted: that ends the run by itself
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  return controller.signal;
}
