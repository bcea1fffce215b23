// A run's configuration: everything that decides the resulting weights, and nothing else.
import { z } from "zod";
import { GanglionError } from "./errors.ts";
import { nearest } from "./nearest.ts";

export type Task = "gan" | "classifier";
export type NetworkName = "generator" | "discriminator" | "classifier";

const positive = z.number().positive();
const count = z.int().positive();

/** Kingma & Ba 2015. The defaults are Radford et al. 2016's for GANs, ε as in Keras. */
const adam = z.strictObject({
  kind: z.literal("adam").default("adam"),
  learningRate: positive.max(10).default(2e-4).describe("step size"),
  beta1: z
    .number()
    .min(0)
    .lt(1)
    .default(0.5)
    .describe("decay of the first moment; below 0.9 keeps GANs from oscillating"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("decay of the second moment"),
  epsilon: positive.default(1e-7).describe("keeps the division finite"),
});
export type AdamConfig = z.infer<typeof adam>;

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("simultaneous") }),
  z.strictObject({ kind: z.literal("alternating"), discriminatorRounds: count.max(100).default(1) }),
]);

const model = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("preset"), name: z.string() }),
  z.strictObject({ kind: z.literal("module"), file: z.string() }),
]);

const length = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("steps"), steps: count }),
  z.strictObject({ kind: z.literal("epochs"), epochs: positive }),
]);

const schema = z
  .strictObject({
    preset: z.string().default("digits").describe("the named config this one started from"),
    task: z.literal(["gan", "classifier"]).default("gan"),
    model: model.describe(
      "whose networks: a preset's, or a module's that exports generator(context) and discriminator(context)",
    ),
    networks: z
      .strictObject({
        generator: z.string().min(1).optional(),
        discriminator: z.string().min(1).optional(),
        classifier: z.string().min(1).optional(),
      })
      .prefault({})
      .describe("saved Keras models (model.json files) that take the place of the model's networks"),
    data: z.string().min(1).default("strokes").describe("strokes (built in), or a folder of IDX files"),
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
    optimizer: adam.prefault({}).describe("one Adam for each network, with these settings"),
    average: z
      .number()
      .min(0)
      .lt(1)
      .default(0.999)
      .describe("decay of the generator's moving average, which draws the samples; 0: none"),
    seed: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .default(1)
      .describe("decides initial weights, sample order and noise"),
    sampleEvery: count.default(250).describe("steps between sample grids"),
    sampleCount: count.max(1024).default(64).describe("images in a grid"),
    checkpointEvery: count.default(500).describe("steps between checkpoints"),
  })
  .superRefine((config, context) => {
    if (config.batch % config.shard !== 0) {
      context.addIssue({
        code: "custom",
        path: ["shard"],
        message: `a shard of ${config.shard} samples does not divide the batch of ${config.batch}: choose one that does`,
      });
    }
  });

export type RunConfig = z.infer<typeof schema>;
export type RunConfigInput = z.input<typeof schema>;

/**
 * Checks a config and fills in the defaults.
 *
 * @throws GanglionError CONFIG naming the field, the value and what is allowed
 */
export function parseConfig(input: unknown): RunConfig {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const sentences = result.error.issues.map((issue) => {
    const field = issue.path.join(".");
    if (issue.code === "unrecognized_keys") return unknownFields(field, issue.keys);
    const given =
      issue.code !== "custom" && issue.path.length > 0 ? `, not ${JSON.stringify(issue.input)}` : "";
    return `${field ? `config field ${field}: ` : "config: "}${issue.message}${given}`;
  });
  throw new GanglionError("CONFIG", sentences.join("; "));
}

/** Every field by the object that it belongs to; "" is the config itself. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(schema.shape),
  optimizer: Object.keys(adam.shape),
  schedule: schedule.options.flatMap((option) => Object.keys(option.shape)),
  model: model.options.flatMap((option) => Object.keys(option.shape)),
  length: length.options.flatMap((option) => Object.keys(option.shape)),
};

function unknownFields(parent: string, keys: readonly string[]): string {
  const known = keys.map((key) => `"${key}" (did you mean ${nearest(key, FIELDS[parent])}?)`);
  return `config${parent && ` field ${parent}`}: there is no field ${known.join(" nor ")}`;
}

/** S, contributions a phase needs. */
export function shardsOf(config: RunConfig): number {
  return config.batch / config.shard;
}

/** Steps of the whole run over a data set of `samples` images, of which a step takes `perStep`. */
export function totalSteps(config: RunConfig, samples: number, perStep: number): number {
  return config.length.kind === "steps"
    ? config.length.steps
    : Math.max(1, Math.floor((config.length.epochs * samples) / perStep));
}
