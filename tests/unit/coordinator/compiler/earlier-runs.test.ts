// Runs of earlier versions go on: what a config compiles to is the same program, call by call.
import { expect, test } from "vitest";
import { compileRun } from "../../../../coordinator/compiler/compile-run.ts";
import { parseConfig } from "../../../../shared/config/config.ts";
import { findPreset } from "../../../../shared/config/presets.ts";
import { programFingerprint } from "../../../../shared/program/program-fingerprint.ts";

test("the usual GAN is the program that earlier versions recorded, so their checkpoints can be resumed", async () => {
  const config = parseConfig(findPreset("digits").config);
  const { phases, programs } = await compileRun(config, { imageShape: [28, 28, 1], classes: 10 });
  expect(phases.map(({ program }) => programFingerprint(programs.get(program)!))).toEqual([
    "4dbb5bfbebec5cf62f65b6894aae66584055ed2740ccc08db85c5f256c511255",
  ]);
});
