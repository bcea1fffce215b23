// The lines of stats.jsonl: one flat object of numbers for a step, and one for an evaluation.
import { isObject } from "../../../shared/is-object.ts";
import type { EvaluationTerms } from "../../dashboard/events.ts";
import type { StepEvent } from "../../progress.ts";

/** What a line's keys mean; `<…>` stands for a name of the run. docs/runs.md has the same table. */
export const STATS_KEYS = {
  step: "steps made, from 1",
  version: "of the weights; one more for each phase applied",
  images: "samples used since the run began",
  epoch: "passes over the data, with its fraction",
  seconds: "since training began in this session; a resumed run counts from 0 again",
  imagesPerSecond: "over the last 10 seconds",
  remainingSeconds: "to the last step at the present speed",
  "loss/<network>": "of the step's last phase that trains it",
  "rate/<network>": "learning rate of this step, where it changes over the run",
  "beta2/<network>": "Adam's β₂ of this step, where it changes over the run; beta1/… likewise",
  "config/<field>": "value of a number of the config that follows the images, as the step began",
  "score/real": "the discriminator's mean answer to real images; score/fake to generated ones",
  "logit/real":
    "the same where that is no probability: mean D(x), logit/fake of generated ones (losses such as hinge)",
  "penalty/<regularizer>": "what it adds to its network's loss, in the steps in which it has a round",
  "<metric>": "what the losses of your module report, by its own name",
  "gradientNorm/<network>": "L2 norm of the mean gradient before it is clipped",
  "layerGradientNorm/<network>/<layer>": "the same of one layer, kernel and bias together",
  "evaluation/<metric>":
    "of the weights after this step, in a line of its own: accuracy, loss, fid and others",
  "evaluation/images":
    "generated images, compared with as many real ones; log.txt names extractor and resizer",
  "evaluation/seed": "of its noise",
  "floor/<metric>": "the same of real images against other real images, floor/images in each set",
} as const;

/** The metric that tells the best checkpoint: the smaller, the better. */
export const BEST_BY = "evaluation/fid";

export type StatsLine = Readonly<Record<string, number>>;

/** Metrics are named `loss/discriminator` already. One that a module calls `step` or `seconds` becomes `metric/step`. */
export function lineOfStep({ metrics, gradientNorms, layerGradientNorms, ...facts }: StepEvent): StatsLine {
  return {
    ...facts,
    ...Object.fromEntries(
      Object.entries(metrics).map(([name, value]) => [name in facts ? `metric/${name}` : name, value]),
    ),
    ...prefixed("gradientNorm", gradientNorms),
    ...prefixed("layerGradientNorm", layerGradientNorms),
  };
}

/** `terms`: what a generator's numbers rest on. */
export function lineOfEvaluation(
  step: number,
  metrics: Readonly<Record<string, number>>,
  terms?: Pick<EvaluationTerms, "images" | "seed" | "floor">,
): StatsLine {
  if (!terms) return { step, ...prefixed("evaluation", metrics) };
  const { images, seed, floor } = terms;
  return {
    step,
    ...prefixed("evaluation", { ...metrics, images, seed }),
    ...(floor && prefixed("floor", { ...floor.metrics, images: floor.images })),
  };
}

/** In older files they are objects inside of the line. */
const NESTED: Readonly<Record<string, string>> = {
  metrics: "",
  gradientNorms: "gradientNorm/",
  layerGradientNorms: "layerGradientNorm/",
  evaluation: "evaluation/",
};

/**
 * The numbers of a parsed line, also of a file that an older Ganglion wrote; null for what is no line of stats. JSON has
 * no NaN and no infinity: they are null there, and NaN here.
 */
export function statsLineOf(value: unknown): StatsLine | null {
  if (!isObject(value)) return null;
  const line: Record<string, number> = {};
  for (const [key, field] of Object.entries(value)) {
    if (Object.hasOwn(NESTED, key) && isObject(field))
      for (const [name, inner] of Object.entries(field)) put(line, `${NESTED[key]}${name}`, inner);
    else put(line, key, field);
  }
  return Number.isSafeInteger(line["step"]) ? line : null;
}

function put(line: Record<string, number>, key: string, value: unknown): void {
  if (typeof value === "number" || value === null) line[key] = value ?? Number.NaN;
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): StatsLine {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
}
