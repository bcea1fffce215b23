// What `ganglion bench --suite` refuses before it measures anything.
import { expect, test } from "vitest";
import { type SuiteFlags, benchSuite } from "../../../../../deploy/actions/machine/bench-suite.ts";

const bench = (flags: Partial<SuiteFlags>): Promise<void> =>
  benchSuite({ engine: "auto", suite: [], python: [], threads: 1, rounds: 1, warmUp: 1, ...flags });

test("flags that say what is measured are refused", async () => {
  await expect(bench({ preset: "mnist" })).rejects.toThrow("--preset does not go with --suite");
  await expect(bench({ imageSize: [8, 8] })).rejects.toThrow("--image-size does not go with --suite");
  await expect(bench({ shard: 8 })).rejects.toThrow("--shard does not go with --suite");
  await expect(bench({ against: ["tensorflow"] })).rejects.toThrow("--suite compares with PyTorch");
});

test("words that name no model, and several Pythons, are refused", async () => {
  await expect(bench({ suite: ["stylegan"] })).rejects.toThrow("no model of the suite is called stylegan");
  await expect(bench({ python: ["a", "b"] })).rejects.toThrow("--python is given 2 times: give it once");
});

test("a device is taken as it is given, and refused where the engine does not run on it", async () => {
  await expect(bench({ engine: "reference", device: "cuda" })).rejects.toThrow(
    "the reference engine does not run on cuda",
  );
});
