// What a checkpoint says of its run, checked: enough to build the networks again without the data.
import { z } from "zod";
import { type RunConfig, parseConfig } from "../../../shared/config/config.ts";
import { configAfter } from "../../../shared/config/history/history.ts";
import { isObject } from "../../../shared/is-object.ts";

export interface CheckpointConfig {
  /** As config.json has it: of the run's start, with what was changed later. `configOf` says what is in effect. */
  readonly run: RunConfig;
  /** How many of the run's changes are made; absent in a run without any. */
  readonly applied?: number;
  /** [H, W, C] */
  readonly imageShape: readonly [number, number, number];
  /** 0 without labels. */
  readonly classes: number;
  /** The label of each class in the data, where that is not its number. */
  readonly labels?: readonly number[];
  /** The name of each class in the data, where classes have names. */
  readonly names?: readonly string[];
}

/** More pixels than any image that can be trained on: a forged shape must not ask for all memory. */
const MOST_PIXELS = 2 ** 26;

const side = z.int().positive();
const schema = z.object({
  run: z.unknown(),
  applied: z.int().nonnegative().optional(),
  imageShape: z
    .tuple([side, side, side])
    .refine((shape) => shape.reduce((product, one) => product * one, 1) <= MOST_PIXELS, "too many pixels"),
  classes: z.int().nonnegative().max(1_000_000),
  labels: z.array(z.int()).optional(),
  names: z.array(z.string()).optional(),
});

/** @throws Error whose message names a field, its value and what is due */
export function parseCheckpointConfig(value: unknown): CheckpointConfig {
  if (!isObject(value)) throw new Error(`it is ${told(value)}, and an object with the run's config is due`);
  const result = schema.safeParse(value, { reportInput: true });
  if (!result.success) {
    const { path, message, input } = result.error.issues[0];
    throw new Error(`${path.join(".")} is ${told(input)} (${message})`);
  }
  const { run, applied, imageShape, classes, labels, names } = result.data;
  for (const [field, list] of Object.entries({ labels, names }))
    if (list && list.length !== classes)
      throw new Error(`${field} are ${list.length}, and one for each of the ${classes} classes is due`);
  if (!isObject(run)) throw new Error(`run is ${told(run)}, and an object of config fields is due`);
  const recorded = parseConfig(run);
  const { length } = recorded.history;
  if (applied !== undefined && applied > length)
    throw new Error(`applied is ${applied}, and the run has ${length} changes`);
  return {
    run: recorded,
    ...(applied !== undefined && { applied }),
    imageShape,
    classes,
    ...(labels && { labels }),
    ...(names && { names }),
  };
}

/** The config that was in effect when the checkpoint was written. */
export function configOf({ run, applied = 0 }: Pick<CheckpointConfig, "run" | "applied">): RunConfig {
  return configAfter(run, applied);
}

function told(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 60);
}
