// `ganglion generate`: images from a checkpoint.
import { stat } from "node:fs/promises";
import { loadCheckpoint, loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { writeImageGrid } from "../../coordinator/records/sample-grid.ts";
import { areClassNumbers, listLabels } from "../../shared/data/labels.ts";
import { GanglionError } from "../../shared/errors.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { fillGeneratorInputs } from "../../shared/program/generator-inputs.ts";
import { sizeOf } from "../../shared/program/program.ts";
import { runOnce } from "../../worker/run-once.ts";
import { generatorOf } from "../run/checkpoint-generator.ts";
import { checkPictureFile } from "../flags/picture-file.ts";
import { complain, say } from "../terminal/output.ts";
import { settleEngine } from "../nodes/settle-engine.ts";
import type { EngineFlags } from "../flags/options.ts";

export interface GenerateFlags extends EngineFlags {
  readonly checkpoint: string;
  readonly count: number;
  readonly out: string;
  readonly seed?: number;
  readonly columns?: number;
  readonly class?: number;
  readonly model?: string;
}

export async function generate(flags: GenerateFlags): Promise<void> {
  await checkPictureFile(flags.out);
  const { choice } = await settleEngine(flags, 1);
  const checkpoint = await openCheckpoint(flags.checkpoint);
  const { imageShape, classes, labels } = checkpoint.config;
  const { program, layout, now } = await generatorOf(checkpoint, { ...flags, name: flags.checkpoint, warn });
  const takesLabels = program.inputs.some(({ name }) => name === "labels");
  const classLabels = labels ?? Array.from({ length: classes }, (_, label) => label);
  const onlyClass =
    flags.class === undefined ? undefined : findClass(flags.class, takesLabels ? classLabels : []);
  const weights = checkpoint.ema ?? checkpoint.weights;
  const slots = new Map(layout.slots.map((slot) => [slot.name, slot]));
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, value }) => {
      const slot = slots.get(name);
      return [name, slot ? viewOf(weights, slot) : new Float32Array(sizeOf(program.values[value].shape))];
    }),
  );
  const { latentSize, seed } = checkpoint.config.run;
  fillGeneratorInputs(program, inputs, {
    seed: flags.seed ?? seed,
    latentSize,
    classes,
    first: 0,
    now,
    images: flags.count,
    ...(onlyClass !== undefined && { onlyClass }),
  });
  const { images } = await runOnce(choice, program, inputs);
  const inTurn = takesLabels && flags.class === undefined && classes <= Math.min(flags.count, MOST_COLUMNS);
  const { columns = inTurn ? classes : undefined } = flags;
  await writeImageGrid({
    images,
    imageShape,
    file: flags.out,
    ...(columns !== undefined && { columns }),
  });
  say(`${flags.count} images of step ${checkpoint.step} in ${flags.out}`);
}

function warn(message: string): void {
  complain(`warning: ${message}`);
}

/** With more classes than this, one of each in a row would make the grid a ribbon. */
const MOST_COLUMNS = 32;

/** The class with this label; `classLabels` are those that the generator knows, none where it takes no labels. */
function findClass(label: number, classLabels: readonly number[]): number {
  const found = classLabels.indexOf(label);
  if (found >= 0) return found;
  const last = classLabels.at(-1);
  const choice = areClassNumbers(classLabels)
    ? `one from 0 to ${last}`
    : `among its labels ${listLabels(classLabels, 100)}`;
  throw new GanglionError(
    "USAGE",
    last === undefined
      ? `--class ${label} is for a generator that takes labels as its second input, and this one does not: leave it out`
      : `--class ${label} is none of the ${classLabels.length} classes of the run: choose ${choice}`,
  );
}

async function openCheckpoint(path: string): Promise<Checkpoint> {
  const found = await stat(path).catch(() => null);
  if (!found)
    throw new GanglionError("USAGE", `there is no ${path}: give a .safetensors file or a run folder`);
  if (!found.isDirectory()) return loadCheckpoint(path);
  const { checkpoint, warnings } = await loadNewestCheckpoint(await findRun(path));
  for (const warning of warnings) warn(warning);
  return checkpoint;
}
