// Builds a run's networks: a preset's, a user's module's or saved ones, checked against the data, weights from the seed.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { NetworkName, RunConfig } from "../config.ts";
import { GanglionError, messageOf } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { useCpuBackend } from "../program/cpu-backend.ts";
import { withSeededMathRandom } from "../seeded-math-random.ts";
import { dcgan } from "./dcgan.ts";
import { loadKerasModel } from "./keras-model.ts";
import { takeLogits } from "./logits.ts";
import { type Builder, type Losses, type ModelContext, tensorflow } from "./model-context.ts";
import { type ModelModule, loadModelModule } from "./model-module.ts";
import * as seedCnn from "./seed-cnn.ts";
import * as seedGan from "./seed-gan.ts";

export type Networks = Partial<Readonly<Record<NetworkName, LayersModel>>>;

/** What the data set decides about the networks. */
export interface ImageSpec {
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
}

/** The networks of a run, and what a module says they minimize. */
export interface BuiltNetworks {
  readonly networks: Networks;
  readonly losses: Losses | null;
}

const PRESET_MODELS: Readonly<Record<string, ModelModule["builders"]>> = {
  digits: dcgan(32),
  mnist: dcgan(64),
  "seed-gan": seedGan,
  "seed-gan-conv": {
    generator: seedGan.generator,
    discriminator: seedGan.convolutionalDiscriminator,
  },
  "seed-cnn": seedCnn,
};

/**
 * The networks of a run, with their initial weights. Initializers without a seed of their own draw from the run's.
 *
 * @throws GanglionError MODEL when a module lacks what the task needs, or shapes do not meet
 */
export async function buildNetworks(config: RunConfig, images: ImageSpec): Promise<BuiltNetworks> {
  const { builders, losses, classes } = await modelOf(config);
  if (classes !== undefined && classes !== images.classes) {
    throw new GanglionError(
      "MODEL",
      `the model module is written for ${classes} classes, and the data set ${config.data} has ${images.classes}`,
    );
  }
  if (config.task === "classifier" && images.classes === 0)
    throw new GanglionError("MODEL", `a classifier needs labels, and the data set ${config.data} has none`);
  await useCpuBackend();
  const context: ModelContext = { tf: tensorflow(), ...images, latentSize: config.latentSize };
  const names: NetworkName[] = config.task === "gan" ? ["generator", "discriminator"] : ["classifier"];
  const networks: Partial<Record<NetworkName, LayersModel>> = {};
  for (const name of names) {
    const saved = config.networks[name];
    const source =
      saved ?? (config.model.kind === "module" ? config.model.file : `preset ${config.model.name}`);
    const model =
      saved === undefined
        ? buildOne(name, source, builders[name], context, config.seed)
        : await loadKerasModel(saved);
    checkShapes(name, source, model, { context, ownLosses: losses !== undefined });
    networks[name] = model;
  }
  if (networks.discriminator && !losses) takeLogits(networks.discriminator);
  return { networks, losses: losses ?? null };
}

async function modelOf({ model }: RunConfig): Promise<ModelModule> {
  if (model.kind === "module") return loadModelModule(model.file);
  const builders = PRESET_MODELS[model.name];
  if (builders) return { builders };
  throw new GanglionError(
    "MODEL",
    `there are no networks "${model.name}": did you mean ${nearest(model.name, Object.keys(PRESET_MODELS))}?`,
  );
}

function buildOne(
  name: NetworkName,
  source: string,
  builder: Builder | undefined,
  context: ModelContext,
  seed: number,
): LayersModel {
  if (!builder) {
    throw new GanglionError(
      "MODEL",
      `${source} has no ${name}: export function ${name}({ tf, imageShape, latentSize, classes }) that returns a tf.layers model`,
    );
  }
  let model: LayersModel;
  try {
    model = withSeededMathRandom(seed, ["initial weights", name], () => builder(context));
  } catch (cause) {
    throw new GanglionError("MODEL", `${name} of ${source}: ${messageOf(cause)}`, { cause });
  }
  if (Array.isArray(model?.inputs) && Array.isArray(model.outputs)) return model;
  throw new GanglionError(
    "MODEL",
    `${name} of ${source} returned ${typeof model}, not a tf.layers model with a known input shape`,
  );
}

interface Expectation {
  readonly context: ModelContext;
  /** The module's losses decide what D's outputs mean. */
  readonly ownLosses: boolean;
}

/** First input and output; a generator and a discriminator may take one-hot labels as a second input. */
function checkShapes(
  name: NetworkName,
  source: string,
  model: LayersModel,
  { context, ownLosses }: Expectation,
): void {
  const image = [...context.imageShape];
  const { latentSize, classes } = context;
  const inputs = model.inputs.map(({ shape }) => shape.slice(1));
  const outputs = model.outputs.map(({ shape }) => shape.slice(1));
  const complain = (end: "input" | "output", shapes: readonly unknown[], wanted: string): never => {
    const got = shapes.map((shape) => JSON.stringify(shape)).join(" and ");
    throw new GanglionError(
      "MODEL",
      `${name} of ${source}: its ${end} has shape ${got} a sample, and ${wanted} is needed`,
    );
  };
  const same = (shape: readonly unknown[], wanted: readonly number[]): boolean =>
    JSON.stringify(shape) === JSON.stringify(wanted);

  const first = name === "generator" ? [latentSize] : image;
  const labelled = name !== "classifier" && classes > 0;
  const fits = same(inputs[0], first) && (inputs.length === 1 || (labelled && same(inputs[1], [classes])));
  if (!fits || inputs.length > 2)
    complain(
      "input",
      inputs,
      `${JSON.stringify(first)}${labelled ? `, or that and ${JSON.stringify([classes])} for labels,` : ""}`,
    );
  switch (name) {
    case "generator":
      if (!same(outputs[0], image)) complain("output", outputs, JSON.stringify(image));
      break;
    case "discriminator":
      if (!ownLosses && outputs.some((shape) => shape.at(-1) !== 1))
        complain("output", outputs, "[1], or one logit for each patch, […, 1],");
      break;
    case "classifier":
      if (outputs.length !== 1 || !same(outputs[0], [classes]))
        complain("output", outputs, JSON.stringify([classes]));
      break;
    default:
      name satisfies never;
  }
}
