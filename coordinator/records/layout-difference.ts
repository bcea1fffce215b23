// How two sets of networks differ: the weights that only one has, or that have another shape.
import type { Layout } from "../../shared/protocol/layout.ts";

/** A weight of two layouts; null where one has none of its name. */
export interface WeightDifference {
  readonly name: string;
  readonly before: readonly number[] | null;
  readonly now: readonly number[] | null;
}

type Weights = Pick<Layout, "slots">;

/** Every weight whose shape is not the same in both, by name. */
export function differingWeights(before: Weights, now: Weights): WeightDifference[] {
  const [theirs, ours] = [before, now].map(
    ({ slots }) => new Map(slots.map(({ name, shape }) => [name, shape])),
  );
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .sort()
    .map((name) => ({ name, before: theirs.get(name) ?? null, now: ours.get(name) ?? null }))
    .filter((one) => String(one.before) !== String(one.now) || one.before === null || one.now === null);
}

/** A message lists so many weights, and counts the rest. */
const MOST_LISTED = 6;

/** `generator/03-dense/kernel was [16, 4] and is [16, 8]; discriminator/05-dense/bias [1] is new; and 3 more` */
export function layoutDifference(before: Weights, now: Weights): string {
  const all = differingWeights(before, now).map(told);
  const more = all.length - MOST_LISTED;
  return [...all.slice(0, MOST_LISTED), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function told({ name, before, now }: WeightDifference): string {
  if (before === null) return `${name} ${text(now!)} is new`;
  if (now === null) return `${name} ${text(before)} is gone`;
  return `${name} was ${text(before)} and is ${text(now)}`;
}

function text(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
