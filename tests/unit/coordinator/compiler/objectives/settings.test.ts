// Settings of an objective that cannot have an effect are refused; those that lack something are warned of.
import { describe, expect, test } from "vitest";
import { compileRun } from "../../../../../coordinator/compiler/compile-run.ts";
import { checkSettings } from "../../../../../coordinator/compiler/objectives/check-settings.ts";
import { objectiveWarnings } from "../../../../../coordinator/compiler/objectives/objective-warnings.ts";
import { type RunConfigInput, parseConfig } from "../../../../../shared/config/config.ts";
import { findPreset } from "../../../../../shared/config/presets.ts";
import { objectiveConfig } from "../../../../support/objective-step.ts";

type Changes = Partial<RunConfigInput>;

describe("refused, with the field and the remedy:", () => {
  test.each<[string, Changes, RegExp]>([
    ["label smoothing of a loss without targets", { loss: "hinge", regularizers: { labelSmoothing: {} } }, /^config field regularizers\.labelSmoothing has no effect with the loss hinge, .* choose one of non-saturating, minimax, least-squares$/],
    ["top-k of a loss that compares images", { loss: "relativistic-pairing", topK: 0.5 }, /^config field topK chooses among the losses of single images, and the loss relativistic-pairing .* another of non-saturating, minimax, least-squares, hinge, wasserstein$/],
    ["top-k that changes over time, too", { loss: "relativistic-average", topK: { from: 1, to: 0.5 } }, /^config field topK chooses/],
  ])("%s", (_, changes, message) => {
    expect(() => checkSettings(objectiveConfig(changes), false)).toThrow(message);
  }); // prettier-ignore

  test("clipped weights of a discriminator in a run that has none", () => {
    const config = parseConfig({ ...findPreset("seed-cnn").config, weightClip: 0.01 });
    expect(() => checkSettings(config, false)).toThrow(/^config field weightClip is for GANs/);
  });

  test.each<Changes>([
    { regularizers: { labelSmoothing: {} } },
    { loss: "hinge", topK: 0.5 },
    { loss: "relativistic-pairing", regularizers: { r1: {}, featureMatching: {} } },
    { weightClip: 0.01 },
  ])("not %j", (changes) => {
    expect(() => checkSettings(objectiveConfig(changes), false)).not.toThrow();
  });
});

describe("warned of at the start:", () => {
  const none = { networks: {}, constraints: [] };
  const warnings = (changes: Changes): string[] => objectiveWarnings(objectiveConfig(changes), none);

  test("wasserstein with nothing that bounds the critic's slope", () => {
    expect(warnings({ loss: "wasserstein" })).toEqual([
      expect.stringMatching(/^the wasserstein loss means something only where .*: add --gradient-penalty 10/),
    ]);
    expect(warnings({ loss: "wasserstein", regularizers: { gradientPenalty: { weight: 0 } } })).toHaveLength(
      2,
    );
  });

  test.each<Changes>([
    { regularizers: { gradientPenalty: {} } },
    { regularizers: { dragan: {} } },
    { regularizers: { r1: { gamma: { from: 0, to: 1 } } } },
    { weightClip: 0.01 },
  ])("not wasserstein with %j", (changes) => {
    expect(warnings({ loss: "wasserstein", ...changes })).toEqual([]);
  });

  test("nor where its networks bound it: spectral norms, constraints", async () => {
    const config = parseConfig({
      ...findPreset("sngan").config,
      model: { kind: "preset", name: "resnet", filters: 4, spectralNorm: "discriminator" },
      loss: "wasserstein",
      batch: 2,
      shard: 2,
    });
    const compiled = await compileRun(config, { imageShape: [8, 8, 1], classes: 0 });
    expect(objectiveWarnings(config, compiled)).toEqual([]);
    const constraint = {
      weight: "discriminator/00-dense/kernel",
      constraint: { kind: "nonNegative" },
    } as const;
    const wasserstein = objectiveConfig({ loss: "wasserstein" });
    expect(objectiveWarnings(wasserstein, { networks: {}, constraints: [constraint] })).toEqual([]);
  });

  test.each<[NonNullable<RunConfigInput["regularizers"]>, string]>([
    [{ r1: { gamma: 0 } }, "regularizers.r1.gamma is 0, so it has no effect and costs time: leave r1 out"],
    [{ lecam: { weight: { from: 0, to: 0 } } }, "regularizers.lecam.weight is 0"],
    [{ instanceNoise: { stddev: 0 } }, "regularizers.instanceNoise.stddev is 0"],
    [{ labelSmoothing: { real: 1 } }, "labelSmoothing with the targets 1 and 0 has no effect"],
  ])("%j", (regularizers, message) => {
    expect(warnings({ regularizers })).toEqual([expect.stringContaining(message)]);
  });

  test("not what begins or ends at nothing, nor a target or a decay of 0", () => {
    expect(warnings({ regularizers: { r1: { gamma: { from: 0, to: 1 } }, instanceNoise: { stddev: { from: 0.1, to: 0 } } } })).toEqual([]);
    expect(warnings({ regularizers: { gradientPenalty: { target: 0 }, lecam: { decay: 0 } } })).toEqual([]);
  }); // prettier-ignore
});
