// Defaults of preset `dcgan` by the size of the images and their number.
import { expect, test } from "vitest";
import { parseConfig } from "../../../../shared/config/config.ts";
import { dcganDefaults } from "../../../../shared/config/dcgan-defaults.ts";
import { findPreset } from "../../../../shared/config/presets.ts";

const of = (side: number, count: number, other = side): ReturnType<typeof dcganDefaults> =>
  dcganDefaults({ imageShape: [side, other, 3], count });

test("larger images take smaller batches and fewer filters: the longer side counts", () => {
  const table = [32, 64, 65, 128, 129, 256].map((side) => {
    const { model, batch, shard } = of(side, 100_000);
    return [side, (model as { filters?: number }).filters, batch, shard];
  });
  expect(table).toEqual([
    [32, 64, 128, 64],
    [64, 64, 128, 64],
    [65, 32, 64, 32],
    [128, 32, 64, 32],
    [129, 32, 32, 16],
    [256, 32, 32, 16],
  ]);
  expect(of(32, 100_000, 200)).toEqual(of(200, 100_000));
});

test("a batch is at most a quarter of the images, and a shard half of it down to 8", () => {
  const sizes = [1, 7, 20, 64, 200, 400, 512].map((count) => [count, of(64, count).batch, of(64, count).shard]); // prettier-ignore
  expect(sizes).toEqual([
    [1, 1, 1],
    [7, 1, 1],
    [20, 4, 4],
    [64, 16, 8],
    [200, 32, 16],
    [400, 64, 32],
    [512, 128, 64],
  ]);
});

test("a run has the epochs of a million images, from 1 to 500", () => {
  const epochs = [100, 2000, 50_000, 999_999, 5_000_000].map((count) => of(64, count).length);
  expect(epochs).toEqual([500, 500, 20, 2, 1].map((number) => ({ kind: "epochs", epochs: number })));
});

test("they make a config for every size and number", () => {
  const { config } = findPreset("dcgan");
  for (const side of [8, 28, 100, 256])
    for (const count of [1, 3, 100, 10_000, 2_000_000]) {
      const { batch, shard } = parseConfig({ ...config, ...of(side, count) });
      expect(batch % shard).toBe(0);
      expect(batch).toBeLessThanOrEqual(count);
    }
});
