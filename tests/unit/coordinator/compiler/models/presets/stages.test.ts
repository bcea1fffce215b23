// Stages of a DCGAN for every size: what the smallest map is, and how a side gets there.
import { expect, test } from "vitest";
import { stagesOf } from "../../../../../../coordinator/compiler/models/presets/stages.ts";

const sizesOf = (height: number, width: number): string =>
  stagesOf([height, width], 1)
    .map(({ small }) => small.join("×"))
    .join(" ");

test("every size from 8 to 256 ends with 4 to 7 points a side, each stage half the one before, rounded up", () => {
  for (let height = 8; height <= 256; height++) {
    const width = 8 + ((height * 37) % 249); // any other
    let large: readonly number[] = [height, width];
    for (const stage of stagesOf([height, width], 1)) {
      expect(stage.large).toEqual(large);
      for (const axis of [0, 1]) {
        const { small, strides } = stage;
        expect(small[axis]).toBe(Math.ceil(large[axis] / strides[axis]));
        expect(strides[axis]).toBe(large[axis] > 7 ? 2 : 1);
      }
      large = stage.small;
    }
    for (const side of large) {
      expect(side).toBeGreaterThanOrEqual(4);
      expect(side).toBeLessThanOrEqual(7);
    }
  }
});

test.each([
  [28, 28, "14×14 7×7"],
  [64, 64, "32×32 16×16 8×8 4×4"],
  [8, 8, "4×4"],
  [17, 23, "9×12 5×6"],
  [48, 64, "24×32 12×16 6×8 6×4"],
  [31, 97, "16×49 8×25 4×13 4×7"],
  [8, 256, "4×128 4×64 4×32 4×16 4×8 4×4"],
])("%i×%i goes by %s", (height, width, by) => {
  expect(sizesOf(height, width)).toBe(by);
});

test("channels double with each stage, up to eight times the first", () => {
  const channels = stagesOf([256, 256], 16).map((stage) => stage.channels);
  expect(channels).toEqual([16, 32, 64, 128, 128, 128]);
});

test.each([
  [7, 28],
  [28, 257],
])("%i×%i is refused with the size and what can be done", (height, width) => {
  expect(() => stagesOf([height, width], 8)).toThrow(
    `dcgan draws images of 8 to 256 pixels a side, and these are ${height}×${width}: resize them with --image-size, or give networks for that size with --model FILE`,
  );
});
