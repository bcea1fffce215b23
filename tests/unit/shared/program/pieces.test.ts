// Many images go through a network in pieces: how large these are, and what their random ops draw.
import { expect, test } from "vitest";
import { fillGeneratorInputs } from "../../../../shared/program/generator-inputs.ts";
import { pieceSize, piecesOf } from "../../../../shared/program/pieces.ts";
import type { Program } from "../../../../shared/program/program.ts";

test.each([
  [64, 64, 64],
  [64, 16, 16],
  [64, 128, 64],
  [100, 64, 50],
  [250, 64, 63],
  [64, 1, 8],
  [10, 8, 5],
  [1, 1, 1],
])("%d images in shards of %d go through a network in equal pieces of %d", (images, shard, size) => {
  expect(pieceSize(images, shard)).toBe(size);
});

test("pieces are all images, and the last may be short", () => {
  expect(piecesOf(250, 63)).toEqual([
    { first: 0, images: 63 },
    { first: 63, images: 63 },
    { first: 126, images: 63 },
    { first: 189, images: 61 },
  ]);
});

const BATCH_AXIS = 3;

/** A generator's inputs for `batch` images: with a random op that has a row for each, and one that all share. */
function inputsFor(batch: number): Program {
  const shapes = [[batch, 2], [batch, BATCH_AXIS], [5]];
  return {
    values: shapes.map((shape) => ({ shape, dtype: "float32" })),
    inputs: [
      { name: "noise", value: 0 },
      { name: "random/0", value: 1, random: "normal" },
      { name: "random/1", value: 2, random: "truncated normal" },
    ],
    constants: [],
    calls: [],
    outputs: [],
  };
}

function drawn(batch: number, first: number): Record<"noise" | "random/0" | "random/1", number[]> {
  const arrays = { noise: new Float32Array(2 * batch), "random/0": new Float32Array(BATCH_AXIS * batch), "random/1": new Float32Array(5) }; // prettier-ignore
  const piece = { of: 0, size: batch };
  fillGeneratorInputs(inputsFor(batch), arrays, { seed: 1, latentSize: 2, classes: 0, first, images: batch, piece }); // prettier-ignore
  return { noise: [...arrays.noise], "random/0": [...arrays["random/0"]], "random/1": [...arrays["random/1"]] }; // prettier-ignore
}

test("a piece of a grid has the noise and the random numbers that its images have when all are drawn at once", () => {
  const whole = drawn(6, 0);
  const pieces = [drawn(2, 0), drawn(2, 2), drawn(2, 4)];
  expect(pieces.flatMap(({ noise }) => noise)).toEqual(whole.noise);
  expect(pieces.flatMap((piece) => piece["random/0"])).toEqual(whole["random/0"]);
  for (const piece of pieces) expect(piece["random/1"]).toEqual(whole["random/1"]);
});
