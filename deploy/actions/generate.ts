// `ganglion generate`: images from a checkpoint.
import { writeImageGrid } from "../../coordinator/records/sample-grid.ts";
import { areClassNumbers, listLabels } from "../../shared/data/labels.ts";
import { GanglionError } from "../../shared/errors.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { fillGeneratorInputs } from "../../shared/program/generator-inputs.ts";
import { sizeOf } from "../../shared/program/program.ts";
import { runOnce } from "../../worker/run-once.ts";
import { generatorOf } from "../run/checkpoint-generator.ts";
import { findCheckpoint } from "../run/find-checkpoint.ts";
import { checkPictureFile } from "../flags/picture-file.ts";
import { complain, say } from "../terminal/output.ts";
import { settleEngine } from "../nodes/settle-engine.ts";
import { type EngineFlags, RUN_FLAGS } from "../flags/options.ts";

export interface GenerateFlags extends EngineFlags {
  /** The same as the first argument. */
  readonly checkpoint?: string;
  readonly count: number;
  readonly out: string;
  readonly seed?: number;
  readonly columns?: number;
  readonly class?: number;
  readonly model?: string;
}

/** Of the run or checkpoint that is `named`, or that a flag names. */
export async function generate(named: string | undefined, flags: GenerateFlags): Promise<void> {
  const source = nameOf(named, flags);
  await checkPictureFile(flags.out);
  const { choice } = await settleEngine(flags, 1);
  const { checkpoint, warnings, run } = await findCheckpoint(source, { out: RUN_FLAGS.out.usual });
  for (const warning of warnings) warn(warning);
  const { imageShape, classes, labels } = checkpoint.config;
  const { program, layout } = await generatorOf(checkpoint, { ...flags, name: source, run, warn });
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

function nameOf(named: string | undefined, { checkpoint }: GenerateFlags): string {
  const name = named ?? checkpoint;
  const remedy = "give a run by number, name or folder, or a .safetensors file: ganglion generate RUN";
  if (name === undefined)
    throw new GanglionError("USAGE", `generate draws from a trained generator, and none is named: ${remedy}`);
  if (checkpoint === undefined || checkpoint === name) return name;
  throw new GanglionError("USAGE", `${named} and --checkpoint ${checkpoint} name two: leave one out`);
}
