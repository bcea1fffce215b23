// The line that shows how far a run is, in wordings for wide and narrow terminals.
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { count, duration, plural } from "./format.ts";

type StepEvent = Extract<NumberedEvent, { type: "step" }>;

/**
 * From all there is to say (`step 1,471/4,500  3,736 images/s  3 nodes  loss D 0.580 G 0.760  32 s left`, fits 80
 * columns) to the step alone. `nodes`: how many are at work, or null where that is not shown.
 */
export function stepWordings(event: StepEvent, total: number, nodes: number | null): string[] {
  const step = `step ${count(event.step)}/${count(total)}`;
  const speed = `${count(event.imagesPerSecond)} images/s`;
  const working = nodes === null ? "" : plural(nodes, "node");
  const losses = lossesOf(event);
  const left = event.remainingSeconds > 0 ? `${duration(event.remainingSeconds)} left` : "";
  const wordings = [
    [step, speed, working, losses && `loss ${losses}`, left],
    [step, speed, working, losses, left],
    [step, speed, losses, left],
    [step, speed, left],
    [step, left],
    [step],
  ];
  return wordings.map((parts) => parts.filter((part) => part !== "").join("  "));
}

/** The same of a run that is `stalled` or `paused`: no speed, no time left. `step`: null before this session's first. */
export function standingWordings(state: string, step: number | null, total: number): string[] {
  return [...(step === null ? [] : [`step ${count(step)}/${count(total)}  ${state}`]), state];
}

/** `D 0.580 G 0.760`; empty where no network reports a loss. */
export function lossesOf({ metrics }: Pick<StepEvent, "metrics">): string {
  return Object.entries(metrics)
    .filter(([name]) => name.startsWith("loss/"))
    .map(([name, value]) => `${SHORT[name.slice("loss/".length)] ?? name} ${value.toFixed(3)}`)
    .join(" ");
}

const SHORT: Readonly<Record<string, string>> = { discriminator: "D", generator: "G", classifier: "C" };
