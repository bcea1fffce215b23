// Builds a run's networks: a preset's or a user's module, checked against the data, weights drawn from the seed.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { NetworkName, RunConfig } from "../config.ts";
import { GanglionError, messageOf } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { useCpuBackend } from "../program/cpu-backend.ts";
import { withSeededMathRandom } from "../seeded-math-random.ts";
import { dcgan } from "./dcgan.ts";
import { type Builder, type ModelContext, tensorflow } from "./model-context.ts";
import * as seedCnn from "./seed-cnn.ts";
import * as seedGan from "./seed-gan.ts";

export type Builders = Partial<Readonly<Record<NetworkName, Builder>>>;
export type Networks = Partial<Readonly<Record<NetworkName, LayersModel>>>;

/** What the data set decides about the networks. */
export interface ImageSpec {
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
}

const PRESET_MODELS: Readonly<Record<string, Builders>> = {
  digits: dcgan(32),
  mnist: dcgan(64),
  "seed-gan": seedGan,
  "seed-cnn": seedCnn,
};

/**
 * The networks of a run, with their initial weights. Initializers without a seed of their own draw from the run's.
 *
 * @throws GanglionError MODEL when a module lacks what the task needs, or shapes do not meet
 */
export async function buildNetworks(config: RunConfig, images: ImageSpec): Promise<Networks> {
  const builders = await buildersOf(config);
  await useCpuBackend();
  const context: ModelContext = { tf: tensorflow(), ...images, latentSize: config.latentSize };
  const names: NetworkName[] = config.task === "gan" ? ["generator", "discriminator"] : ["classifier"];
  if (config.task === "classifier" && images.classes === 0) {
    throw new GanglionError("MODEL", `a classifier needs labels, and the data set ${config.data} has none`);
  }
  const networks: Partial<Record<NetworkName, LayersModel>> = {};
  for (const name of names) networks[name] = buildOne(name, builders[name], context, config);
  return networks;
}

async function buildersOf(config: RunConfig): Promise<Builders> {
  if (config.model.kind === "preset") {
    const { name } = config.model;
    const known = PRESET_MODELS[name];
    if (known) return known;
    throw new GanglionError(
      "MODEL",
      `there are no networks "${name}": did you mean ${nearest(name, Object.keys(PRESET_MODELS))}?`,
    );
  }
  const file = resolve(config.model.file);
  try {
    return (await import(pathToFileURL(file).href)) as Builders;
  } catch (cause) {
    throw new GanglionError("MODEL", await whyNotLoaded(file, cause), { cause });
  }
}

async function whyNotLoaded(file: string, cause: unknown): Promise<string> {
  const remedy = "give --model an ES module that exports generator(context) and discriminator(context)";
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return `there is no model module ${file}: ${remedy}`;
  return `the model module ${file} cannot be loaded: ${messageOf(cause)}; ${remedy}`;
}

function buildOne(
  name: NetworkName,
  builder: unknown,
  context: ModelContext,
  config: RunConfig,
): LayersModel {
  const source = config.model.kind === "module" ? config.model.file : `preset ${config.model.name}`;
  if (typeof builder !== "function") {
    throw new GanglionError(
      "MODEL",
      `${source} has no ${name}: export function ${name}({ tf, imageShape, latentSize, classes }) that returns a tf.layers model`,
    );
  }
  let model: LayersModel;
  try {
    model = withSeededMathRandom(config.seed, ["initial weights", name], () => (builder as Builder)(context));
  } catch (cause) {
    throw new GanglionError("MODEL", `${name} of ${source}: ${messageOf(cause)}`, { cause });
  }
  if (!Array.isArray(model?.inputs) || !Array.isArray(model.outputs)) {
    throw new GanglionError(
      "MODEL",
      `${name} of ${source} returned ${typeof model}, not a tf.layers model with a known input shape`,
    );
  }
  checkShapes(name, source, model, context);
  return model;
}

function checkShapes(name: NetworkName, source: string, model: LayersModel, context: ModelContext): void {
  const image = [...context.imageShape];
  const expected: Record<NetworkName, { input: number[]; output: number[] }> = {
    generator: { input: [context.latentSize], output: image },
    discriminator: { input: image, output: [1] },
    classifier: { input: image, output: [context.classes] },
  };
  for (const end of ["input", "output"] as const) {
    const tensors = model[`${end}s`];
    const shapes = tensors.map((tensor) => JSON.stringify(tensor.shape.slice(1)));
    const wanted = JSON.stringify(expected[name][end]);
    if (shapes.length !== 1 || shapes[0] !== wanted) {
      throw new GanglionError(
        "MODEL",
        `${name} of ${source}: its ${end} has shape ${shapes.join(" and ")} a sample, and ${wanted} is needed`,
      );
    }
  }
}
