// The optimizer's part of a run's configuration: rule, rate over time, clipping, regularization.
import { z } from "zod";
import { scheduledNumber } from "./scheduled.ts";

export type NetworkName = "generator" | "discriminator" | "classifier";

const rate = scheduledNumber({ above: 0, most: 10 });
const decay = z.number().min(0).lt(1);
const scheduledDecay = scheduledNumber({ least: 0, below: 1 });
const steps = z.int().positive();
const epsilon = z.number().positive().default(1e-7).describe("keeps the division finite");

const warmUpSteps = z
  .int()
  .min(0)
  .default(0)
  .describe("steps over which the rate rises to its value in a straight line; moments settle meanwhile");
const endFactor = z
  .number()
  .min(0)
  .max(1)
  .default(0)
  .describe("what is left of the rate when the run ends, as a part of it");

/** The learning rate as a function of the step; `shared/config/learning-rate.ts` computes it. */
const learningRateSchedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant").default("constant"), warmUpSteps }),
  z.strictObject({ kind: z.literal("linear"), warmUpSteps, endFactor }),
  z.strictObject({ kind: z.literal("cosine"), warmUpSteps, endFactor }),
  z.strictObject({
    kind: z.literal("step"),
    warmUpSteps,
    everySteps: steps.default(1000).describe("steps between one fall of the rate and the next"),
    factor: z.number().positive().lt(1).default(0.5).describe("what a fall leaves of the rate"),
  }),
]);
export type LearningRateSchedule = z.infer<typeof learningRateSchedule>;

/** Not both, as in Keras: what one leaves, the other would cut again. */
const clip = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none").default("none") }),
  z.strictObject({
    kind: z.literal("norm"),
    norm: z
      .number()
      .positive()
      .default(1)
      .describe("the longest a network's mean gradient may be; it keeps its direction"),
  }),
  z.strictObject({
    kind: z.literal("value"),
    value: z.number().positive().default(0.5).describe("bound of every single number of the mean gradient"),
  }),
]);
export type Clip = z.infer<typeof clip>;

/** What every rule has. */
const common = {
  learningRateSchedule: learningRateSchedule.prefault({}).describe("the rate over time"),
  clip: clip.prefault({}).describe("bounds the mean gradient: no single step goes far, whatever it met"),
  l2: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("λ of ½λ‖w‖², whose gradient λw is added to that of kernels, after clipping"),
};
const weightDecay = z
  .number()
  .min(0)
  .max(1)
  .default(0)
  .describe("part of a kernel that a step takes away at rate 1, apart from the gradient (decoupled)");

const sgd = z
  .strictObject({
    kind: z.literal("sgd"),
    learningRate: rate.default(0.01).describe("step size; as in Keras"),
    momentum: decay.default(0).describe("part of the last step's velocity that is kept"),
    nesterov: z.boolean().default(false).describe("takes the gradient's step ahead of the momentum's"),
    ...common,
    weightDecay,
  })
  .superRefine(({ nesterov, momentum }, context) => {
    if (nesterov && momentum === 0) {
      context.addIssue({
        code: "custom",
        path: ["nesterov"],
        message: "nesterov looks ahead along the momentum, and the momentum is 0: give one, such as 0.9",
      });
    }
  });

const rmsprop = z.strictObject({
  kind: z.literal("rmsprop"),
  learningRate: rate.default(1e-3).describe("step size; as in Keras"),
  decay: decay.default(0.9).describe("decay of the mean square"),
  momentum: decay.default(0).describe("part of the last step that is kept"),
  centered: z
    .boolean()
    .default(false)
    .describe("divides by the standard deviation, not by the root mean square"),
  epsilon,
  ...common,
  weightDecay,
});

/** Kingma & Ba 2015. The defaults are Radford et al. 2016's for GANs, ε as in Keras. */
const adamFields = {
  learningRate: rate.default(2e-4).describe("step size"),
  beta1: scheduledDecay
    .default(0.5)
    .describe("decay of the first moment; below 0.9 keeps GANs from oscillating"),
  beta2: scheduledDecay.default(0.999).describe("decay of the second moment"),
  epsilon,
  ...common,
};
const adam = z.strictObject({ kind: z.literal("adam").default("adam"), ...adamFields, weightDecay });

const adamw = z.strictObject({
  kind: z.literal("adamw"),
  ...adamFields,
  weightDecay: weightDecay.unwrap().default(0.01).describe("as in PyTorch; Adam's is 0"),
});

export const optimizerSchema = z.discriminatedUnion("kind", [adam, adamw, sgd, rmsprop]);
export type OptimizerConfig = z.infer<typeof optimizerSchema>;
export type OptimizerConfigInput = z.input<typeof optimizerSchema>;
export type OptimizerKind = OptimizerConfig["kind"];

/** The variants by the field that holds one, for messages that suggest a field's name. */
export const OPTIMIZER_VARIANTS = {
  optimizer: optimizerSchema.options,
  clip: clip.options,
  learningRateSchedule: learningRateSchedule.options,
};

/** A network's own optimizer, as a config file gives it: it has what it does not name from the optimizer of all. */
export const ownOptimizersSchema = z.strictObject({
  generator: optimizerSchema.optional().describe("the generator's own"),
  discriminator: optimizerSchema.optional().describe("the discriminator's own"),
  classifier: optimizerSchema.optional().describe("the classifier's own"),
} satisfies Record<NetworkName, unknown>);

/** Fields of both that mean the same in every rule. */
const SHARED_FIELDS = Object.keys(common);
const ADAMS: ReadonlySet<unknown> = new Set(["adam", "adamw", undefined]);

/**
 * `change` over `base`. A change of the rule keeps what means the same in both: clipping, L2 and the schedule, and between
 * Adam and AdamW the rest too. The rate, and the decay that goes with it, are another rule's: they are not kept.
 */
export function changeOptimizer(base: object, change: object): object {
  const { kind: from = "adam" } = base as { kind?: unknown };
  const { kind: to = from } = change as { kind?: unknown };
  if (from === to) return { ...base, ...change };
  const both = ADAMS.has(from) && ADAMS.has(to);
  const kept = Object.entries(base).filter(
    ([name]) => (both && name !== "weightDecay") || SHARED_FIELDS.includes(name),
  );
  return { ...Object.fromEntries(kept), ...change };
}
