// The suite's list of models.
import { expect, test } from "vitest";
import { SUITE, chosenModels } from "../../../../../deploy/bench/suite/models.ts";
import { peerObjective } from "../../../../../deploy/bench/pytorch/objective.ts";
import { mergeConfig } from "../../../../../deploy/flags/config-from-flags.ts";
import { findPreset } from "../../../../../shared/config/presets.ts";

const namesOf = (words: readonly string[]): readonly string[] => chosenModels(words).map(({ name }) => name);

test("without words all models are chosen, in the suite's order", () => {
  expect(chosenModels([])).toBe(SUITE);
  expect(new Set(SUITE.map(({ name }) => name)).size).toBe(SUITE.length);
});

test("a name chooses that model alone, and a part of a name all that contain it", () => {
  expect(namesOf(["dcgan-64"])).toEqual(["dcgan-64"]);
  expect(namesOf(["sngan", "digits"])).toEqual(["digits", "sngan-32-128", "sngan-32-256"]);
});

test("a word that no name contains is refused with the names that there are", () => {
  expect(() => chosenModels(["stylegan"])).toThrow(/called stylegan: choose from digits, mnist, .*dcgan-128/);
});

test("every model's config is one that PyTorch's script has too", () => {
  for (const { config } of SUITE) {
    const preset = findPreset(config.preset ?? "digits");
    expect(() => peerObjective(mergeConfig(preset.config, config, {}))).not.toThrow();
  }
});
