// The floor of a metric: what it says of real images against real images, which no generator can be expected to beat.
import { shuffled, stream } from "../../shared/random/random.ts";
import { type Features, takeRows } from "./features.ts";

/** Two sets without a common image, equal in number. */
export interface DisjointDraws {
  readonly first: Features;
  readonly second: Features;
}

/**
 * Two disjoint draws of `count` real images each, decided by the seed; of half the images each where the reference has
 * fewer than 2 · count (`first.count` says how many: metrics depend on it, and a floor over fewer images is higher).
 *
 * @throws RangeError where there are not two images
 */
export function drawDisjoint(reference: Features, count: number, seed: number): DisjointDraws {
  const each = Math.min(count, Math.floor(reference.count / 2));
  if (each < 1) throw new RangeError(`two sets of ${count} images cannot be drawn from ${reference.count}`);
  const order = shuffled(reference.count, stream(seed, "floor"));
  return {
    first: takeRows(reference, order.subarray(0, each)),
    second: takeRows(reference, order.subarray(each, 2 * each)),
  };
}
