// How far a run is, on wide and narrow terminals.
import { expect, test } from "vitest";
import { stepWordings } from "../../../../deploy/terminal/step-line.ts";

const EVENT = {
  type: "step",
  id: 1,
  time: "2026-01-01T00:00:00Z",
  step: 1471,
  version: 1471,
  images: 188_288,
  epoch: 3.1,
  seconds: 50,
  imagesPerSecond: 3736,
  remainingSeconds: 32,
  metrics: { "loss/discriminator": 0.58, "loss/generator": 0.76, "score/real": 0.6 },
  gradientNorms: {},
  layerGradientNorms: {},
} as const;

test("the whole line fits 80 columns, also with nodes", () => {
  const [whole] = stepWordings(EVENT, 4500, 3);
  expect(whole).toBe("step 1,471/4,500  3,736 images/s  3 nodes  loss D 0.580 G 0.760  32 s left");
  expect(whole.length).toBeLessThanOrEqual(80);
});

test("on narrower terminals less is told, and the step always", () => {
  const wordings = stepWordings(EVENT, 4500, 3);
  wordings.forEach((wording, i) => {
    expect(wording).toMatch(/^step 1,471\/4,500/);
    if (i > 0) expect(wording.length).toBeLessThan(wordings[i - 1].length);
  });
  expect(wordings.at(-1)).toBe("step 1,471/4,500");
});

test("how many nodes are at work is told only where it is known", () => {
  expect(stepWordings(EVENT, 4500, 1)[0]).toContain("  1 node  ");
  expect(stepWordings(EVENT, 4500, null)[0]).not.toContain("node");
});
