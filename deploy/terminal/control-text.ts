// What somebody asked of a run and how it was answered, as a line for people.
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { count } from "./format.ts";

type ControlEvent = Extract<NumberedEvent, { type: "control" }>;

/** `rollback at step 1,200, asked for by ana on this machine: from step 600 on: …` */
export function controlText({ action, outcome, step, from, message }: ControlEvent): string {
  const what = outcome === "applied" ? action : `${action} refused`;
  return `${what} at step ${count(step)}, asked for by ${from}${message === "" ? "" : `: ${message}`}`;
}
