// What a GAN's networks minimize, in words: rows for a dry run, a line for the start of a run.
import { type RunConfig, networksOf, optimizerOf } from "../../shared/config/config.ts";
import type { AugmentConfig } from "../../shared/config/objectives/augment.ts";
import { objectiveFormulas } from "../../shared/config/objectives/formulas.ts";
import { USUAL_LOSS } from "../../shared/config/objectives/losses.ts";
import type { OptimizerConfig } from "../../shared/config/optimizer-config.ts";
import { type Scheduled, changesOverTime, describeScheduled } from "../../shared/config/scheduled.ts";
import { count } from "../terminal/format.ts";

type Row = [name: string, value: string];

/** `loss  hinge`, …: all that is on, and what its schedule makes of it. */
export function objectiveRows(config: RunConfig, hasOwnLosses: boolean): Row[] {
  if (config.task !== "gan") return optimizerRows(config);
  return [
    ...(hasOwnLosses ? ([["loss", "the module's own"]] satisfies Row[]) : lossRows(config)),
    ...augmentRows(config.augment),
    ...conditioningRows(config),
    ...optimizerRows(config),
    ...(config.weightClip === undefined
      ? []
      : ([
          ["weight clip", `every weight of D within ±${config.weightClip} after each update`],
        ] satisfies Row[])),
    ["average", averageText(config)],
  ];
}

/** `hinge, R1 10, top-k 1 to 0.5 (linear, over the whole run)`; null where nothing is but the usual loss. */
export function objectiveLine(config: RunConfig): string | null {
  const { task, loss, regularizers, topK, weightClip, augment } = config;
  if (task !== "gan") return null;
  const also = [
    ...Object.entries(regularizers).flatMap(([name, one]) =>
      one === undefined ? [] : [`${name} ${mainNumber(one)}`],
    ),
    ...(topK === 1 ? [] : [`top-k ${describeScheduled(topK)}`]),
    ...(weightClip === undefined ? [] : [`weights of D within ±${weightClip}`]),
    ...(augment.kind === "none" ? [] : [augment.kind]),
  ];
  if (loss === undefined && also.length === 0) return null;
  return [loss ?? USUAL_LOSS, ...also].join(", ");
}

function lossRows(config: RunConfig): Row[] {
  const [[, loss], [, discriminator], [, generator], ...parts] = objectiveFormulas(config);
  const { topK } = config;
  const fewer: Row[] =
    topK === 1 ? [] : [["top-k", `part of a shard that G learns from: ${describeScheduled(topK)}`]];
  return [
    ["loss", loss],
    ["", `D minimizes ${discriminator}`],
    ["", `G minimizes ${generator}`],
    ...fewer,
    ...parts.map(([name, text], i): Row => [i === 0 ? "regularizers" : "", `${name}: ${text}`]),
  ];
}

/** The first field of a regularizer is its weight. */
function mainNumber(fields: object): string {
  const [first] = Object.values(fields) as unknown[];
  return written(first);
}

function written(value: unknown): string {
  return typeof value === "number" || changesOverTime(value)
    ? describeScheduled(value)
    : JSON.stringify(value);
}

function augmentRows(augment: AugmentConfig): Row[] {
  switch (augment.kind) {
    case "none":
      return [];
    case "diff-augment":
      return [["augmentation", `of all images that D sees, by DiffAugment: ${augment.policy.join(", ")}`]];
    case "ada": {
      const { probability, target } = augment;
      const how =
        probability === undefined
          ? `p follows D: ${target} is kept of sign D(x)`
          : `p ${describeScheduled(probability)}`;
      return [["augmentation", `of all images that D sees, by ADA: ${how}`]];
    }
    default:
      return augment satisfies never;
  }
}

function conditioningRows({ conditional, conditioning }: RunConfig): Row[] {
  if (!conditional) return [];
  const { generator, discriminator, classWeight } = conditioning;
  const weight = discriminator === "auxiliary-classifier" ? `, its classes weigh ${classWeight}` : "";
  const chosen = [
    ...(generator === undefined ? [] : [`G by ${generator}`]),
    ...(discriminator === undefined ? [] : [`D by ${discriminator}${weight}`]),
  ];
  return chosen.length === 0 ? [] : [["labels", chosen.join(", ")]]; // the row of the networks says what they have
}

function optimizerRows(config: RunConfig): Row[] {
  const networks = networksOf(config.task).map(
    (name) => [name, optimizerText(optimizerOf(config, name))] as const,
  );
  const [[, first]] = networks;
  if (networks.every(([, text]) => text === first)) return [["optimizer", first]];
  return networks.map(([name, text]) => [`${name.charAt(0).toUpperCase()}'s optimizer`, text]);
}

function optimizerText(optimizer: OptimizerConfig): string {
  const { kind, learningRate, learningRateSchedule: course } = optimizer;
  const warmUp = course.warmUpSteps > 0 ? `, after ${count(course.warmUpSteps)} steps of warm-up` : "";
  const falls = course.kind === "constant" ? "" : ` (${course.kind} over the steps)`;
  const betas =
    kind === "adam" || kind === "adamw"
      ? `, β₁ ${describeScheduled(optimizer.beta1)}, β₂ ${describeScheduled(optimizer.beta2)}`
      : "";
  return `${kind}, rate ${describeScheduled(learningRate)}${falls}${warmUp}${betas}`;
}

function averageText({ average, averageHalfLife, averageRampUp }: RunConfig): string {
  if (average === 0) return "none: samples are drawn with the weights as they are";
  if (averageHalfLife === undefined)
    return `of the generator, decay ${average} an update; it draws the samples`;
  const most = averageRampUp === undefined ? "" : `, at most ${averageRampUp} of its images so far`;
  return `of the generator, half-life ${images(averageHalfLife)} images${most}; it draws the samples`;
}

function images(of: Scheduled): string {
  return typeof of === "number" ? count(of) : describeScheduled(of);
}
