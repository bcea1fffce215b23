// Runs of earlier versions go on: what a config compiles to is the same program, call by call.
import { expect, test } from "vitest";
import { compileRun } from "../../../../coordinator/compiler/compile-run.ts";
import { SAMPLES, programFingerprints } from "../../../../coordinator/records/fingerprints.ts";
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

test("pictures and evaluations are computed in pieces, and recorded as earlier versions did, whatever a shard is", async () => {
  const images = { imageShape: [28, 28, 1], classes: 10 } as const;
  const compiled = async (shard: number) => {
    const run = await compileRun(parseConfig({ ...findPreset("digits").config, batch: 64, shard }), images);
    return { run, samples: programFingerprints(run)[SAMPLES] };
  };
  const [whole, pieces] = [await compiled(64), await compiled(8)];
  expect(whole.run.generate).toMatchObject({ batch: 64, atOnce: 64 });
  expect(pieces.run.generate).toMatchObject({ batch: 64, atOnce: 8 });
  expect(pieces.samples).toBe(whole.samples);
  expect(whole.samples).toBe(programFingerprint(whole.run.programs.get(whole.run.generate!.program)!));
  const { evaluate } = await compileRun(
    parseConfig({ ...findPreset("seed-cnn").config, batch: 16, shard: 16 }),
    images,
  );
  expect(evaluate).toMatchObject({ batch: 250, atOnce: 16 });
});
