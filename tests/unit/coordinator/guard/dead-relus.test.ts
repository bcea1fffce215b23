// ReLUs that give nothing for any image: told where a layer before them learns nothing either.
import { expect, test } from "vitest";
import { DeadRelus, type DeadWarning } from "../../../../coordinator/guard/dead-relus.ts";
import { lookOf } from "./images/looks.ts";

const DEAD = { "generator/03-relu": 0, "generator/05-relu": 2 };

function heard(
  relus: Readonly<Record<string, number>>,
  zeros: Readonly<Record<string, number>>,
): (DeadWarning | null)[] {
  const detector = new DeadRelus();
  return [1, 2, 3].map(() => detector.observe(lookOf({ relus }), new Map(Object.entries(zeros))));
}

test("the layer is told at the second probe, with the last layer that it starves, and a remedy", () => {
  const zeros = { "generator/00-dense": 100, "generator/02-dense": 100, "generator/04-dense": 0 };
  const [first, second] = heard(DEAD, zeros);
  expect(first).toBeNull();
  expect(second).toEqual({
    code: "DEAD_RELU",
    network: "generator",
    message:
      "the ReLU of generator/03-relu is dead: it gives 0 for all of 64 images, and the gradient of generator/02-dense has been exactly zero in 100 rounds in a row; start anew with tf.layers.leakyReLU in its place, or with a smaller --learning-rate",
  });
});

test("not where every layer of its network learns: what it cuts goes another way, or is cut by right", () => {
  expect(heard(DEAD, { "generator/02-dense": 3, "discriminator/00-dense": 100 }).filter(Boolean)).toEqual([]);
});

test("not where one image of them all passes", () => {
  expect(heard({ "generator/03-relu": 1e-9 }, { "generator/02-dense": 100 }).filter(Boolean)).toEqual([]);
});
