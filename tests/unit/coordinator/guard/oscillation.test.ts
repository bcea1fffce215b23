// Losses that swing, and those that only fluctuate, fall or are noisy.
import { expect, test } from "vitest";
import { Swings } from "../../../../coordinator/guard/oscillation.ts";
import { stream } from "../../../../shared/random/random.ts";

const random = stream(1, "losses");
/** Steps at which a swing is told, with the last of them. */
function told(
  loss: (step: number) => number,
  steps = 600,
): { steps: number[]; period: number; grows: number } {
  const swings = new Swings();
  const found = Array.from({ length: steps }, (_, step) => ({ step, swing: swings.add(loss(step)) }));
  const heard = found.filter(({ swing }) => swing !== null);
  const last = heard.at(-1)?.swing;
  return { steps: heard.map(({ step }) => step), period: last?.period ?? 0, grows: last ? last.amplitude / last.before : 0 }; // prettier-ignore
}

test("a loss with a strong period is told once two looks have found it", () => {
  const { steps, period } = told(
    (step) => 1 + 0.8 * Math.sin((2 * Math.PI * step) / 40) + 0.2 * random.normal(),
  );
  expect(steps[0]).toBe(256 + 32 - 1);
  expect(period).toBeGreaterThanOrEqual(38);
  expect(period).toBeLessThanOrEqual(42);
});

test("swings that grow, as of a game that spirals outwards, are told as growing", () => {
  const { grows } = told((step) => 1.005 ** step * Math.sin((2 * Math.PI * step) / 50));
  expect(grows).toBeGreaterThan(1.5);
});

test.each([
  ["noise", () => 1 + 0.6 * random.normal()],
  ["a slow walk", (step: number) => Math.sqrt(step + 1) + Math.sin(step * step)],
  ["a fall", (step: number) => Math.exp(-step / 100)],
  ["a step", (step: number) => (step < 300 ? 2 : 0.5)],
  ["spikes now and then", (step: number) => (step % 97 === 0 ? 9 : 1)],
  ["a small swing", (step: number) => 1 + 0.2 * Math.sin(step / 6)],
  ["nothing at all", () => 0],
] as const)("%s is none", (_what, loss) => {
  expect(told(loss, 1500).steps).toEqual([]);
});
