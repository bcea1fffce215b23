// A run's configuration: everything that decides the resulting weights, and nothing else.
import { z } from "zod";
import { GanglionError, messageOf } from "../errors.ts";
import { type Variants, faultSentence } from "./config-faults.ts";
import { imageOptionsSchema } from "../data/image-options.ts";
import { isObject } from "../is-object.ts";
import { changeSchema, merged } from "./history/change.ts";
import { fromSchema } from "./history/from.ts";
import { fixedDifference } from "./history/fixed-fields.ts";
import {
  OPTIMIZER_VARIANTS,
  type NetworkName,
  type OptimizerConfig,
  changeOptimizer,
  optimizerSchema,
  ownOptimizersSchema,
} from "./optimizer-config.ts";
import { modelSchema, savedNetworksSchema } from "./model-config.ts";
import { OBJECTIVE_VARIANTS, objectiveFields } from "./objectives/fields.ts";
import { scheduleFaults } from "./schedule-faults.ts";
import { RAMP_VARIANTS, scheduledNumber } from "./scheduled.ts";
import { VALUE_SCHEDULES, valuesSchema } from "./values.ts";

export type Task = "gan" | "classifier";

const NETWORKS = ["generator", "discriminator", "classifier"] as const satisfies readonly NetworkName[];

/** The data set of a run that names none. */
export const USUAL_DATA = "strokes";

const positive = z.number().positive();
const count = z.int().positive();

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("simultaneous") }),
  z.strictObject({
    kind: z.literal("alternating"),
    discriminatorRounds: count
      .max(100)
      .default(1)
      .describe("rounds of D before each of G: more let a weak discriminator keep up"),
  }),
]);

const length = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("steps"), steps: count.describe("steps of the whole run") }),
  z.strictObject({ kind: z.literal("epochs"), epochs: positive.describe("passes over the data") }),
]);

const trainOnly = z.strictObject({
  network: z.literal(["generator", "discriminator"]).describe("the one that is trained"),
  untilStep: count.optional().describe("steps made when both are trained again; absent: it is never over"),
});
export type TrainOnly = z.infer<typeof trainOnly>;

/** A number or a word, as `--keep` takes it. */
const keep = z.union(
  [z.literal(["thinned", "all"]), count.max(1_000_000)],
  "write how many of the newest checkpoints stay, thinned or all",
);

const schema = z
  .strictObject({
    preset: z.string().default("digits").describe("the named config this one started from"),
    task: z
      .literal(["gan", "classifier"])
      .default("gan")
      .describe("what is trained: a generator against a discriminator, or a classifier by itself"),
    model: modelSchema.describe(
      "whose networks: a preset's, or a module's that exports generator(context) and discriminator(context)",
    ),
    networks: savedNetworksSchema
      .prefault({})
      .describe("saved Keras models (model.json files) that take the place of the model's networks"),
    data: z.string().min(1).default(USUAL_DATA).describe("a built-in data set by its name, or a path"),
    images: imageOptionsSchema.prefault({}).describe("what is done to the images before training"),
    latentSize: count.max(65_536).default(100).describe("Z, numbers a noise vector has"),
    batch: count.max(1_000_000).default(128).describe("samples a step and phase"),
    shard: count
      .max(100_000)
      .default(64)
      .describe("samples that one thread computes at a time; divides the batch"),
    length: length.describe("when the run ends"),
    schedule: schedule
      .prefault({ kind: "simultaneous" })
      .describe("D and G in one round, or k rounds of D and one of G"),
    trainOnly: trainOnly
      .optional()
      .describe("one network alone is trained, against the other as it is; absent: both are"),
    optimizer: optimizerSchema.prefault({}).describe("how weights follow gradients, in every network"),
    optimizers: ownOptimizersSchema
      .prefault({})
      .describe("a network's own optimizer in place of that, such as another rate for the generator (TTUR)"),
    average: z
      .number()
      .min(0)
      .lt(1)
      .default(0.999)
      .describe("decay of the generator's moving average, which draws the samples; 0: none"),
    averageHalfLife: scheduledNumber({ least: 1, most: 1e12 })
      .optional()
      .describe(
        "images after which a weight counts half in the average, instead of the decay (Karras et al. 2018)",
      ),
    averageRampUp: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe(
        "the half-life is at most this part of the images so far, such as 0.05: the average forgets the first weights",
      ),
    ...objectiveFields,
    seed: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(1)
      .describe("decides initial weights, sample order and noise"),
    sampleEvery: count.default(250).describe("steps between sample grids"),
    sampleCount: count.max(1024).default(64).describe("images in a grid"),
    evaluateEvery: z
      .int()
      .min(0)
      .default(0)
      .describe("steps between evaluations of the generator, and one at the end; 0: none"),
    evaluateImages: count
      .min(2)
      .max(1_000_000)
      .default(10_000)
      .describe("images of an evaluation, at most as many as there are real ones"),
    extractor: z
      .string()
      .min(1)
      .optional()
      .describe(
        "what evaluations compare images by: a built-in extractor, or an .onnx file with its .json; absent: what suits the images",
      ),
    checkpointEvery: count.default(500).describe("steps between checkpoints"),
    checkpointMinutes: z
      .number()
      .positive()
      .default(10)
      .describe("minutes between checkpoints where steps are slow: a crash costs no more"),
    values: valuesSchema
      .default({})
      .describe("numbers that follow the step, for networks and losses that read now.values"),
    keep: keep
      .default("thinned")
      .describe(
        "which checkpoints stay, beside the best by FID: thinned (the newest three, and one of every ten), that many of the newest, or all",
      ),
    from: fromSchema
      .optional()
      .describe("of a run that began with another's weights: which they were; they lie in its folder"),
    history: z
      .array(changeSchema)
      .max(10_000)
      .default([])
      .describe("what was changed as the run went on: the other fields are those of its first step"),
  })
  .superRefine((config, context) => {
    if (config.batch % config.shard !== 0) {
      context.addIssue({
        code: "custom",
        path: ["shard"],
        message: `a shard of ${config.shard} samples does not divide the batch of ${config.batch}: choose one that does`,
      });
    }
    const strangers = NETWORKS.filter(
      (name) => config.optimizers[name] && !networksOf(config.task).includes(name),
    );
    for (const name of strangers) {
      context.addIssue({
        code: "custom",
        path: ["optimizers", name],
        message: `a run of task ${config.task} has no ${name}: its networks are ${networksOf(config.task).join(" and ")}`,
      });
    }
    if (config.task === "classifier" && config.evaluateEvery > 0) {
      context.addIssue({
        code: "custom",
        path: ["evaluateEvery"],
        message: `a classifier draws no images to evaluate every ${config.evaluateEvery} steps, and is tried on the test split after each epoch anyway: leave it out`,
      });
    }
    if (config.task === "classifier" && config.trainOnly) {
      context.addIssue({
        code: "custom",
        path: ["trainOnly"],
        message: `a classifier has no ${config.trainOnly.network} to train alone: leave it out`,
      });
    }
    for (const fault of scheduleFaults(config)) context.addIssue({ code: "custom", ...fault });
    if (config.length.kind !== "steps") return; // else the data decides
    for (const fault of longWarmUps(config, config.length.steps))
      context.addIssue({ code: "custom", ...fault });
  });

export { schema as configSchema };
export type RunConfig = z.infer<typeof schema>;
export type RunConfigInput = z.input<typeof schema>;

/**
 * Checks a config and fills in the defaults.
 *
 * @throws GanglionError CONFIG naming the field, the value and what is allowed
 */
export function parseConfig(input: unknown): RunConfig {
  const result = schema.safeParse(inherited(input), { reportInput: true });
  if (result.success) {
    checkHistory(result.data);
    return result.data;
  }
  const sentences = result.error.issues.map((issue) => faultSentence(issue, VARIANTS));
  throw new GanglionError("CONFIG", sentences.join("; "));
}

/** Each change follows the one before, and makes a config of the same run. */
function checkHistory({ history, ...start }: RunConfig): void {
  let [config, last] = [start, 0];
  for (const [i, { step, change }] of history.entries()) {
    const field = `config field history.${i}`;
    if (step <= last)
      throw new GanglionError(
        "CONFIG",
        `${field}.step is ${step}, and the change before it is of step ${last}: write them in the order of their steps, one for each`,
      );
    try {
      const { history: _, ...next } = parseConfig(merged(config, change));
      const fixed = fixedDifference(config, next);
      if (fixed) throw new Error(`${fixed.path} cannot change in a run: ${fixed.why}`);
      [config, last] = [next, step];
    } catch (cause) {
      throw new GanglionError("CONFIG", `${field}: ${messageOf(cause)}`, { cause });
    }
  }
}

/** A network's own optimizer has what it does not name from the optimizer of all. */
function inherited(input: unknown): unknown {
  if (!isObject(input)) return input;
  const { optimizer = {}, optimizers } = input as { optimizer?: unknown; optimizers?: unknown };
  if (!isObject(optimizer) || !isObject(optimizers)) return input;
  const whole = Object.entries(optimizers).map(([name, own]: [string, unknown]) => [
    name,
    isObject(own) ? changeOptimizer(optimizer, own) : own,
  ]);
  return { ...input, optimizers: Object.fromEntries(whole) };
}

/** The objects that a field may hold, by its name; "" is the config itself. */
const VARIANTS: Variants = {
  "": [schema],
  networks: [savedNetworksSchema],
  images: [imageOptionsSchema],
  optimizers: [ownOptimizersSchema],
  schedule: schedule.options,
  model: modelSchema.options,
  length: length.options,
  trainOnly: [trainOnly],
  values: VALUE_SCHEDULES,
  history: [changeSchema],
  from: [fromSchema],
  ramp: RAMP_VARIANTS,
  ...OBJECTIVE_VARIANTS,
  ...OPTIMIZER_VARIANTS,
  ...Object.fromEntries(NETWORKS.map((name) => [name, OPTIMIZER_VARIANTS.optimizer])),
};

/** The networks that a run of this task trains. */
export function networksOf(task: Task): readonly NetworkName[] {
  return task === "gan" ? ["generator", "discriminator"] : ["classifier"];
}

/** How this network's weights follow its gradient. */
export function optimizerOf(config: RunConfig, network: NetworkName): OptimizerConfig {
  return config.optimizers[network] ?? config.optimizer;
}

/** What is wrong with warm-ups that are not over when a run of so many steps ends. */
export function longWarmUps(
  { task, optimizer, optimizers }: Pick<RunConfig, "task" | "optimizer" | "optimizers">,
  steps: number,
): { readonly path: string[]; readonly message: string }[] {
  const own = networksOf(task).map((name) => [["optimizers", name], optimizers[name]] as const);
  return [[["optimizer"], optimizer] as const, ...own].flatMap(([path, one]) => {
    const { warmUpSteps = 0 } = one?.learningRateSchedule ?? {};
    if (warmUpSteps < steps) return [];
    return {
      path: [...path, "learningRateSchedule", "warmUpSteps"],
      message: `a warm-up of ${warmUpSteps} steps is not over when the run ends after ${steps}: choose a shorter one`,
    };
  });
}

/** S, contributions a phase needs. */
export function shardsOf(config: RunConfig): number {
  return config.batch / config.shard;
}

/**
 * Steps of the whole run over a data set of `samples` images, of which a step takes `perStep` from `done` on: before,
 * another batch may have taken another number.
 *
 * @throws GanglionError CONFIG when the length is in epochs and a step takes no image
 */
export function totalSteps(
  config: RunConfig,
  samples: number,
  perStep: number,
  done: { readonly step: number; readonly position: number } = { step: 0, position: 0 },
): number {
  if (config.length.kind === "steps") return config.length.steps;
  const { epochs } = config.length;
  if (perStep === 0) {
    throw new GanglionError(
      "CONFIG",
      `no loss uses the samples, so ${epochs} epochs would never end: use them in the losses, or give steps`,
    );
  }
  return Math.max(1, done.step + Math.floor((epochs * samples - done.position) / perStep));
}
