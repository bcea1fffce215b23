// Top-k training of G: which images count, how many, and their gradients, by hand.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { checkSettings } from "../../../../../coordinator/compiler/objectives/check-settings.ts";
import { topKLoss } from "../../../../../coordinator/compiler/objectives/top-k.ts";
import { traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { type RunConfigInput, parseConfig } from "../../../../../shared/config/config.ts";
import { createGraphEngine } from "../../../../../worker/engine/graph/graph-engine.ts";
import { execute } from "../../../../support/oracle.ts";

const graph = createGraphEngine("test");

/** The loss over the top part, with losses −D(x̂) as hinge's, and its gradients; all from one program whatever the part. */
async function topK(outputs: readonly (readonly number[])[], shape: number[], part: number) {
  const program = await traceProgram(({ input, gradients }) => {
    const logits = outputs.map((_, i) => input(`logits/${i}`, shape));
    const loss = topKLoss({ logits, perFake: tf.neg, part: input("now/config/topK", []) as tf.Scalar });
    const slopes = gradients(loss, logits);
    return { loss, ...Object.fromEntries(slopes.map((slope, i) => [`slope/${i}`, slope])) };
  });
  const given = outputs.map((values, i) => [`logits/${i}`, Float32Array.from(values)] as const);
  const made = await execute(graph, program, {
    ...Object.fromEntries(given),
    "now/config/topK": Float32Array.of(part),
  });
  return { loss: made["loss"][0], slopes: outputs.map((_, i) => [...made[`slope/${i}`]]) };
}

describe("the generator learns from the images that D finds most real", () => {
  const outputs = [0.5, -2, 3, 1];

  test("their mean loss, and no gradient of the others: torch.topk(d, 2).values.neg().mean()", async () => {
    const { loss, slopes } = await topK([outputs], [4, 1], 0.5);
    expect(loss).toBeCloseTo(-(3 + 1) / 2, 6);
    expect(slopes).toEqual([[0, 0, -0.5, -0.5].map((slope) => expect.closeTo(slope, 6) as number)]);
  });

  test.each([
    [1, 4],
    [0.75, 3],
    [0.7, 3], // 2.8
    [0.26, 1],
    [0.01, 1], // never none
  ])("a part of %f of four images is %i", async (part, k) => {
    const { slopes } = await topK([outputs], [4, 1], part);
    expect(slopes[0].filter((slope) => slope !== 0)).toHaveLength(k);
  });

  test("a part that is a whole number of images in decimals is that number in float32 too", async () => {
    const ten = Array.from({ length: 10 }, (_, i) => i / 10);
    for (let k = 1; k <= 10; k++) {
      const { slopes } = await topK([ten], [10, 1], k / 10);
      expect(
        slopes[0].filter((slope) => slope !== 0),
        `${k} of 10`,
      ).toHaveLength(k);
    }
  });

  test("of equal ones the first go before, and no more than k are taken", async () => {
    const { slopes } = await topK([[1, 1, 1, 1]], [4, 1], 0.5);
    expect(slopes[0].map((slope) => slope !== 0)).toEqual([true, true, false, false]);
  });

  test("patches and several outputs are averaged, and the images are the same for all", async () => {
    // means over patches and outputs: (0 + 4 + 1)/… = image 0: ((0+4)/2 + 0)/2 = 1; image 1: ((1+1)/2 + 3)/2 = 2
    const { loss, slopes } = await topK([[0, 4, 1, 1], [0, 0, 3, 3]], [2, 1, 2, 1], 0.5); // prettier-ignore
    expect(loss).toBeCloseTo(-2, 6);
    expect(slopes).toEqual([[0, 0, -0.25, -0.25], [0, 0, -0.25, -0.25]].map((row) => row.map((x) => expect.closeTo(x, 6) as number))); // prettier-ignore
  });

  test("of one image all is that one", async () => {
    const { loss } = await topK([[5]], [1, 1], 0.01);
    expect(loss).toBe(-5);
  });
});

// prettier-ignore
test.each<[string, Partial<RunConfigInput>, RegExp]>([
  ["a loss that compares images with one another", { topK: 0.5, loss: "relativistic-pairing" }, /config field topK .*relativistic-pairing compares.*--loss hinge/],
  ["shards of one image", { topK: 0.5, batch: 4, shard: 1 }, /config field topK .*a shard has 1: give a larger --shard/],
])("top-k is refused with %s", (_, fields, sentence) => {
  const config = parseConfig({ model: { kind: "preset", name: "digits" }, length: { kind: "steps", steps: 1 }, ...fields });
  expect(() => checkSettings(config, false)).toThrow(sentence);
});
