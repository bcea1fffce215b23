// `ganglion bench --against tensorflow`: the same steps on both engines, in turns.
import { expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

test("both engines are in the table, and the ratio is the median of the rounds'", async () => {
  const small = ["--preset", "digits", "--threads", "1", "--shard", "4", "--steps", "3", "--warm-up", "1"];
  const { code, events } = await runCli([
    "bench",
    ...small,
    "--against",
    "tensorflow",
    "--rounds",
    "1",
    "--json",
  ]);
  expect(code).toBe(0);
  const { results } = events.at(-1) as unknown as {
    readonly results: readonly {
      system: string;
      ratio: number;
      speeds: readonly { imagesPerSecond: number }[];
    }[];
  };
  expect(results.map(({ system }) => system)).toEqual([
    "Ganglion",
    "the same steps on libtensorflow (--engine tensorflow)",
  ]);
  const [ours, theirs] = results.map(({ speeds }) => speeds[0].imagesPerSecond);
  expect(results[1].ratio).toBeCloseTo(ours / theirs, 9);
});
