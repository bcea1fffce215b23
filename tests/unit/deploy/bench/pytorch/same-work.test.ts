// Systems that train different networks are not compared.
import { expect, test } from "vitest";
import { checkSameWork } from "../../../../../deploy/bench/pytorch/same-work.ts";

const ours = {
  parameters: { generator: 100, discriminator: 50 },
  losses: { "both/generator": 0.7, "both/discriminator": -20 },
};

test("losses may differ by a thousandth, of the loss where it is above 1", () => {
  expect(() => checkSameWork(ours, ours)).not.toThrow();
  const near = { "both/generator": 0.7009, "both/discriminator": -20.019 };
  expect(() => checkSameWork(ours, { ...ours, losses: near })).not.toThrow();
});

test("another number of parameters is told with both", () => {
  const theirs = { ...ours, parameters: { generator: 100, discriminator: 51 } };
  expect(() => checkSameWork(ours, theirs)).toThrow(
    "do not train the same networks: the discriminator has 50 trained parameters, and PyTorch's has 51; nothing was measured",
  );
});

test("another first loss, or none, is told with both", () => {
  const losses = { ...ours.losses, "both/generator": 0.702 };
  expect(() => checkSameWork(ours, { ...ours, losses })).toThrow(
    "the first loss of the generator in the phase both is 0.7, and PyTorch's is 0.702",
  );
  expect(() => checkSameWork(ours, { ...ours, losses: {} })).toThrow("PyTorch's is NaN");
});
