// Builds a run's networks: a preset's, a user's module's or saved ones, checked against the data, weights from the seed.
import { types } from "node:util";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { RunConfig } from "../../../shared/config/config.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { listLabels } from "../../../shared/data/labels.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { useCpuBackend } from "../../../shared/program/cpu-backend.ts";
import { withOtherClock } from "../trace/other-clock.ts";
import { withSeededMathRandom } from "../trace/seeded-math-random.ts";
import { withQuickRandomOps } from "./initial-weights/quick-random-ops.ts";
import { mendBatchNormalization } from "./batch-normalization.ts";
import { checkNetwork, checkOwnVariables } from "./check-networks.ts";
import { namingLayers, placedMessage, withLongStacks } from "./users/failures.ts";
import { loadKerasModel } from "./users/saved/keras-model.ts";
import { registerOwnLayers } from "./users/saved/write-model.ts";
import { takeLogits } from "./logits.ts";
import { type Builder, type Losses, type ModelContext, ganParts, tensorflow } from "./users/model-context.ts";
import { type ModelModule, loadModelModule } from "./users/model-module.ts";
import { NowInputs } from "./users/now.ts";
import { presetModel } from "./presets/preset-models.ts";
import { checkChoices } from "./presets/refused-choices.ts";

export type Networks = Partial<Readonly<Record<NetworkName, LayersModel>>>;

/** What the data set decides about the networks. */
export interface ImageSpec {
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  /** The label of each class, for messages. */
  readonly classLabels?: readonly number[];
  /** What was noticed as the data were loaded: labels that are not read, where a network needs them. */
  readonly warnings?: readonly string[];
}

/** The networks of a run, and what a module says they minimize. */
export interface BuiltNetworks {
  readonly networks: Networks;
  readonly losses: Losses | null;
  /** What their layers and losses read of the step. */
  readonly now: NowInputs;
}

/**
 * The networks of a run, with their initial weights. Initializers without a seed of their own draw from the run's. In a
 * repetition the module is run anew, quietly and at another time: networks of a seed are the same nevertheless.
 *
 * @throws GanglionError MODEL when a module lacks what the task needs, or shapes do not meet
 */
export async function buildNetworks(
  config: RunConfig,
  images: ImageSpec,
  isRepetition = false,
): Promise<BuiltNetworks> {
  checkChoices(config);
  const { builders, losses, latentSize, classes } = await modelOf(config, images, isRepetition);
  const run = isRepetition ? withOtherClock : <T>(build: () => T): T => build();
  const complain = (sentence: string): never => {
    throw new GanglionError("MODEL", sentence);
  };
  const { data } = config;
  const { warnings = [] } = images;
  const noticed = warnings.map((sentence) => `; ${sentence}`).join("");
  const module = config.model.kind === "module" ? config.model.file : "the preset";
  if (classes !== undefined && classes !== images.classes)
    complain(
      `${module} exports classes = ${classes}, and ${labelsOf(images, data)}${noticed}: ${CLASSES_REMEDY}`,
    );
  const madeFor = config.networks.generator === undefined ? latentSize : undefined; // a saved one has its own Z
  if (madeFor !== undefined && madeFor !== config.latentSize)
    complain(
      `${module} exports latentSize ${madeFor}, and the run's is ${config.latentSize}: give both the same`,
    );
  if (config.task === "classifier" && images.classes === 0)
    complain(`a classifier needs labels, and the data set ${data} has none${noticed}`);
  if (config.conditional && images.classes < 2)
    complain(
      `config field conditional: the networks are to take labels, and ${labelsOf(images, data)}${noticed}: give data with labels of two kinds or more, or leave it out`,
    );
  await useCpuBackend();
  const now = new NowInputs(Object.keys(config.values));
  const contextOf = (): ModelContext => ({
    tf: tensorflow(),
    ...ganParts(),
    imageShape: [...images.imageShape], // a builder may write into its own
    classes: images.classes,
    latentSize: config.latentSize,
    now: now.now,
  });
  const names: NetworkName[] = config.task === "gan" ? ["generator", "discriminator"] : ["classifier"];
  const strange = Object.keys(config.networks).find((name) => !names.some((own) => own === name));
  if (strange !== undefined)
    complain(`a ${config.task} run has no ${strange}: leave the saved one out, or choose another preset`);
  const networks: Partial<Record<NetworkName, LayersModel>> = {};
  for (const name of names) {
    const saved = config.networks[name];
    const source =
      saved ?? (config.model.kind === "module" ? config.model.file : `preset ${config.model.name}`);
    const model =
      saved === undefined
        ? run(() => buildOne(name, source, builders[name], contextOf(), config.seed))
        : await loadSaved(saved, () =>
            run(() => buildOne(name, source, builders[name], contextOf(), config.seed)),
          );
    checkNetwork(name, source, model, { context: contextOf(), ownLosses: losses !== undefined, noticed });
    mendBatchNormalization(model);
    networks[name] = model;
  }
  checkOwnVariables(networks);
  if (networks.discriminator && !losses) takeLogits(networks.discriminator, images.classes);
  return { networks, losses: losses ?? null, now };
}

const CLASSES_REMEDY =
  "give data with as many different labels, or leave that export out and build with the classes that the builder is given";

/** What the data have in place of the classes that a module wants. */
function labelsOf({ classes, classLabels = [] }: ImageSpec, data: string): string {
  if (classes === 0) return `the data set ${data} has no labels`;
  const listed = classLabels.length > 0 ? ` (${listLabels(classLabels)})` : "";
  return `the data set ${data} has ${classes} different label${classes === 1 ? "" : "s"}${listed}`;
}

async function modelOf(
  config: RunConfig,
  images: ImageSpec,
  anew: boolean,
): Promise<Omit<ModelModule, "exported">> {
  const { model } = config;
  return model.kind === "module"
    ? loadModelModule(model.file, anew)
    : presetModel({ ...config, model }, images);
}

/**
 * A saved network may have layers whose classes the module defines where it builds: then that is what `build` is for. The
 * module's own network is let go.
 */
async function loadSaved(file: string, build: () => LayersModel): Promise<LayersModel> {
  try {
    return await loadKerasModel(file);
  } catch (cause) {
    if (!messageOf(cause).includes("Unknown layer: ")) throw cause;
    try {
      const model = build();
      registerOwnLayers(model);
      model.dispose();
    } catch {
      throw cause; // the module does not help: the layer is unknown
    }
    return await loadKerasModel(file);
  }
}

function buildOne(
  name: NetworkName,
  source: string,
  builder: Builder | undefined,
  context: ModelContext,
  seed: number,
): LayersModel {
  if (!builder) {
    throw new GanglionError("MODEL", `${source} has no ${name}: choose another preset, or give --model FILE`);
  }
  try {
    return namingLayers({}, () =>
      withSeededMathRandom(seed, ["initial weights", name], () => {
        const model: unknown = withQuickRandomOps(() => withLongStacks(() => builder(context)));
        if (model instanceof Promise) throw asynchronous(model, name, builder);
        return model as LayersModel;
      }),
    );
  } catch (cause) {
    if (cause instanceof GanglionError && cause.cause === undefined) throw cause; // a whole sentence already
    throw new GanglionError("MODEL", `${name} of ${source}: ${placedMessage(source, cause)}`, { cause });
  }
}

function asynchronous(promise: Promise<unknown>, name: string, builder: Builder): Error {
  promise.catch(() => undefined); // it is refused, whatever becomes of it
  const remedy = types.isAsyncFunction(builder)
    ? `make ${name} no async function (the module itself may await)`
    : `return a model; what has to be waited for, await at the module's top level, and a saved model give with --${name} model.json`;
  return new Error(`it returned a promise: ${remedy}`);
}
