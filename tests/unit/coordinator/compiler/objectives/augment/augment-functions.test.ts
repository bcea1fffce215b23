// `augment` of a module's losses: what it does by default, and what it says of slips.
import type * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { tensorflow } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { augmentFunctions } from "../../../../../../coordinator/compiler/objectives/augment/augment-functions.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";

const context = tensorflow();
const augment = augmentFunctions(context);
let images: tf.Tensor;

beforeAll(async () => {
  await useCpuBackend();
  images = context.randomUniform([2, 8, 8, 3], -1, 1, "float32", 1);
});

const values = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

test("diffAugment does all of its policy by default, and what it is told", () => {
  expect(values(augment.diffAugment(images)).filter((value) => value === 0).length).toBeGreaterThan(0);
  expect(values(augment.diffAugment(images, { policy: [] }))).toEqual(values(images));
});

test("ada takes a number or a scalar tensor, of any rank", () => {
  expect(values(augment.ada(images, { p: 0 }))).toEqual(values(images));
  for (const p of [context.scalar(0), context.tensor1d([0])])
    expect(values(augment.ada(images, { p }))).toEqual(values(images));
  expect(values(augment.ada(images, { p: 1 }))).not.toEqual(values(images));
});

test.each<[string, () => unknown, string]>([
  [
    "a batch of vectors",
    () => augment.diffAugment(context.ones([2, 8])),
    "takes images [B, H, W, C], and was given a tensor of shape [2, 8]",
  ],
  [
    "no p",
    () => augment.ada(images, {} as never),
    "takes p, a number from 0 to 1 or a scalar tensor, and was given undefined",
  ],
  ["p in per cent", () => augment.ada(images, { p: 60 }), "and was given 60"],
  [
    "p of each sample",
    () => augment.ada(images, { p: context.ones([2]) }),
    "and was given a tensor of shape [2]",
  ],
  [
    "p by itself",
    () => augment.ada(images, 0.5 as never),
    "takes its options as an object, { p, transforms }, and was given number",
  ],
  [
    "an unknown option",
    () => augment.diffAugment(images, { polices: [] } as never),
    "has no option polices: did you mean policy?",
  ],
  [
    "an unknown policy",
    () => augment.diffAugment(images, { policy: ["color" as "colour"] }),
    'knows no policy "color": give any of "colour", "translation", "cutout"',
  ],
  [
    "a policy as text",
    () => augment.diffAugment(images, { policy: "colour" as never }),
    'takes policy as an array of "colour", "translation", "cutout"',
  ],
  [
    "an unknown family",
    () => augment.ada(images, { p: 1, transforms: ["noise" as "blit"] }),
    'knows no transforms "noise"',
  ],
])("%s is refused", (_slip, call, message) => {
  expect(call).toThrow(message);
});
