// ADA's p: it rises while D is too sure of real images, falls while it is not, every four rounds, within 0 and 1.
import { beforeAll, describe, expect, test } from "vitest";
import { tensorflow } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import {
  type AdaptiveState,
  decided,
  meanSign,
  moveOf,
  observed,
} from "../../../../../../coordinator/compiler/objectives/augment/ada/adaptive-probability.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";

const context = tensorflow();

beforeAll(useCpuBackend);

const start = (probability: number): AdaptiveState => ({
  probability: context.scalar(probability),
  signs: context.scalar(0),
  rounds: context.scalar(0),
});

/** p as each of the rounds begins, if D gives these logits for real images in each of them. */
function course(from: number, logits: number[], rounds: number, move = 0.25, target = 0.6): number[] {
  let state = start(from);
  return Array.from({ length: rounds }, () => {
    const now = decided(context, state, { target, every: 4, move });
    state = observed(context, now, meanSign(context, [context.tensor1d(logits)]));
    return now.probability.dataSync()[0];
  });
}

const SURE = [3, 1, 0.5, 2, 4]; // r = 1
const DOUBTFUL = [3, 1, 0.5, -2, -4]; // r = 0.2

describe("p", () => {
  test("rises in every fourth round while D takes all real images for real", () => {
    expect(course(0, SURE, 9)).toEqual([0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.5]);
  });

  test("falls while D is in doubt", () => {
    expect(course(0.5, DOUBTFUL, 9)).toEqual([0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0]);
  });

  test("stays within 0 and 1", () => {
    expect(course(0, DOUBTFUL, 13).at(-1)).toBe(0);
    expect(course(0.75, SURE, 17).at(-1)).toBe(1);
  });

  test("follows the target: what is too sure for 0.1 is in doubt for 0.6", () => {
    expect(course(0.5, DOUBTFUL, 5, 0.25, 0.1).at(-1)).toBe(0.75);
  });

  test("stays where it is when the mean sign is the target", () => {
    expect(course(0.5, [1, 1, 1, -1], 5, 0.25, 0.5).at(-1)).toBe(0.5);
  });

  test("goes from 0 to 1 in as many images as it is given, four batches at a time", () => {
    expect(moveOf(4, 64, 500_000) * (500_000 / 64 / 4)).toBeCloseTo(1, 12);
    expect(moveOf(4, 64, 100)).toBe(1);
  });
});

test("signs are taken at the boundary, where an image is as likely real as generated", () => {
  expect(meanSign(context, [context.tensor1d([0.75, 0.25, 1])], 0.5).dataSync()[0]).toBeCloseTo(1 / 3, 6);
});

test("every output of D counts the same, whatever its size", () => {
  const patches = context.tensor2d([[1, 1], [1, -1]]); // prettier-ignore
  const logit = context.tensor2d([[-1], [-2]]);
  expect(meanSign(context, [patches, logit]).dataSync()[0]).toBe((0.5 - 1) / 2);
});
