// Numbers that follow the step, by names of the user's: what `now.values` has in networks and losses.
import { z } from "zod";
import { halfCosine } from "./half-cosine.ts";
import type { ImagesUsed } from "./scheduled.ts";

const number = z.number().min(-1e30).max(1e30);
const step = z.int().min(0);

const ramp = {
  from: number.describe("until it starts"),
  to: number.describe("once it has ended"),
  startStep: step.default(0).describe("the last step of `from`"),
  endStep: step.optional().describe("the first step of `to`; default: the run's steps"),
};

function ends(
  { startStep, endStep }: { readonly startStep: number; readonly endStep?: number | undefined },
  context: z.RefinementCtx,
): void {
  if (endStep === undefined || endStep > startStep) return;
  context.addIssue({
    code: "custom",
    path: ["endStep"],
    message: `it ends at step ${endStep}, and starts at ${startStep}: end it later, or write kind step`,
  });
}

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), value: number }),
  z.strictObject({ kind: z.literal("linear"), ...ramp }).superRefine(ends),
  z.strictObject({ kind: z.literal("cosine"), ...ramp }).superRefine(ends),
  z.strictObject({
    kind: z.literal("step"),
    from: ramp.from,
    to: ramp.to,
    atStep: step.describe("the first step of `to`"),
  }),
]);
export type ValueSchedule = z.infer<typeof schedule>;

export const VALUE_SCHEDULES = schedule.options;

/** As `now.values.fade` is written in a module. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,49}$/;

const MOST_VALUES = 50;

export const valuesSchema = z.record(z.string(), schedule).superRefine((values, context) => {
  const names = Object.keys(values);
  const odd = names.find((name) => !NAME.test(name));
  if (odd !== undefined)
    context.addIssue({
      code: "custom",
      message: `"${odd}" is no name of a value: write letters, digits and _, and begin with a letter`,
    });
  if (names.length > MOST_VALUES)
    context.addIssue({
      code: "custom",
      message: `${names.length} values are more than the ${MOST_VALUES} that a run may have`,
    });
});

/**
 * The value at `step` (0 is the first) of a run of `steps`, with p = (step - start) / (end - start), kept in 0 … 1:
 *
 *   linear     from + (to - from)·p
 *   cosine     from + (to - from)·(1 - cos πp) / 2
 *   step       from before `atStep`, then to
 */
export function valueAt(of: ValueSchedule, at: number, steps: number): number {
  switch (of.kind) {
    case "constant":
      return of.value;
    case "linear":
      return between(of, partOf(of, at, steps));
    case "cosine":
      return between(of, 1 - halfCosine(partOf(of, at, steps)));
    case "step":
      return at < of.atStep ? of.from : of.to;
    default:
      return of satisfies never;
  }
}

type Ramp = Extract<ValueSchedule, { kind: "linear" | "cosine" }>;

function partOf({ startStep, endStep }: Ramp, at: number, steps: number): number {
  const end = Math.max(startStep + 1, endStep ?? steps);
  return Math.min(1, Math.max(0, (at - startStep) / (end - startStep)));
}

/** Exactly `to` at the end. */
function between({ from, to }: Ramp, part: number): number {
  return part === 1 ? to : from + (to - from) * part;
}

/** Where a run is. */
export interface Moment extends Pick<ImagesUsed, "images"> {
  /** Steps done, which is the number of the step that is being computed. */
  readonly step: number;
  /** Of the whole run. */
  readonly steps: number;
}

/** What `now` has at a moment, by the names of a program's inputs without their prefix: `step`, `values/fade`. */
export function nowAt(
  values: Readonly<Record<string, ValueSchedule>>,
  { step: at, steps, images }: Moment,
): Record<string, number> {
  const own = Object.entries(values).map(([name, one]) => [`values/${name}`, valueAt(one, at, steps)]);
  return { step: at, steps, images, ...Object.fromEntries(own) };
}
