// Choices about a preset's networks that would have no effect, or do not go together: refused by name, none is passed over.
import type { RunConfig } from "../../../../shared/config/config.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import type { Choices } from "./choices.ts";
import { chosenNetworks, namesWithChoices } from "./preset-models.ts";

/** A config field and its value. */
export interface Setting {
  /** `model.filters` */
  readonly path: string;
  readonly value: unknown;
}

export interface RefusedChoice extends Setting {
  /** The rest of a sentence that begins with the field. */
  readonly why: string;
}

/**
 * The first that is refused, or null. `given` are those that the user has given himself: they are refused also where a
 * module or saved networks take the place of what a preset has them for.
 */
export function refusedChoice(config: RunConfig, given: readonly Setting[] = []): RefusedChoice | null {
  const own = config.model.kind === "preset" ? Object.entries(config.model) : [];
  const ofModel = own
    .filter(([name]) => name !== "kind" && name !== "name")
    .map(([name, value]): Setting => ({ path: `model.${name}`, value }));
  const settings = [...given.filter(({ path }) => path.startsWith("model.")), ...ofModel];
  for (const setting of settings.filter(isActive)) {
    const why = withoutNetworks(config, setting);
    if (why !== null) return { ...setting, why };
  }
  for (const setting of given.filter(isActive)) {
    const why = withSavedNetworks(config, setting);
    if (why !== null) return { ...setting, why };
  }
  return refusedLabels(config) ?? refusedTogether(config);
}

/** @throws GanglionError CONFIG for the first that is refused */
export function checkChoices(config: RunConfig): void {
  const refused = refusedChoice(config);
  if (refused) throw new GanglionError("CONFIG", `config field ${refused.path} ${refused.why}`);
}

/** What asks for nothing, does nothing anywhere. */
function isActive({ path, value }: Setting): boolean {
  const isOff = value === undefined || value === false || value === "none";
  return !isOff && !(path === "model.attention" && value === 0);
}

/** Why the networks that a setting is for are no preset's; null where they are. */
function withoutNetworks({ model }: RunConfig, { path }: Setting): string | null {
  const names = namesWithChoices().join(", ");
  const remedy = "leave it out, or choose --preset dcgan";
  if (model.kind === "module")
    return `is for the presets ${names}, and both networks are those of ${model.file}: ${remedy}`;
  const chosen = chosenNetworks({ model, conditional: false, conditioning: { classWeight: 1 } });
  if (!chosen)
    return `is for the presets ${names}, and both networks are those of preset ${model.name}: ${remedy}`;
  if (path === "model.blocks" && !chosen.architecture.hasBlocks)
    return `is for r3gan, and the networks are those of preset ${model.name}: leave it out`;
  return null;
}

/** Why saved networks have the place of all that a setting is for; null where one does not. */
function withSavedNetworks({ networks }: RunConfig, { path, value }: Setting): string | null {
  if (!/^(model|conditioning)\.|^conditional$/.test(path)) return null;
  const { generator, discriminator } = networks;
  const names = namesWithChoices().join(", ");
  const isForD =
    path === "model.minibatchStdDev" ||
    path === "conditioning.discriminator" ||
    (path === "model.spectralNorm" && value === "discriminator");
  const isForG = path === "conditioning.generator";
  if (generator !== undefined && discriminator !== undefined)
    return `is for the networks of ${names}, and both networks are those of --generator and --discriminator: leave it out, or choose --preset dcgan`;
  if (isForD && discriminator !== undefined)
    return `is for the discriminators of ${names}, and the discriminator is that of --discriminator: leave it out`;
  if (isForG && generator !== undefined)
    return `is for the generators of ${names}, and the generator is that of --generator: leave it out`;
  return null;
}

function refusedLabels({
  task,
  model,
  networks,
  conditional,
  conditioning,
}: RunConfig): RefusedChoice | null {
  const { generator, discriminator, classWeight } = conditioning;
  const refuse = (path: string, value: unknown, why: string): RefusedChoice => ({ path, value, why });
  const names = namesWithChoices().join(", ");
  if (!conditional) {
    for (const [network, way] of Object.entries({ generator, discriminator }))
      if (way !== undefined && way !== "none")
        return refuse(
          `conditioning.${network}`,
          way,
          "has no effect without --conditional: add that, or leave it out",
        );
    if (classWeight !== 1 && model.kind === "preset")
      return refuse("conditioning.classWeight", classWeight, NO_CLASSIFIER);
    return null;
  }
  const remedy = "leave it out: such a network is given labels where it has a second input, of [classes]";
  if (task === "classifier")
    return refuse("conditional", true, "is for GANs, and this run trains a classifier: leave it out");
  if (model.kind === "module")
    return refuse(
      "conditional",
      true,
      `is for the presets ${names}, and both networks are those of ${model.file}: ${remedy}`,
    );
  const chosen = chosenNetworks({ model, conditional, conditioning });
  if (!chosen)
    return refuse(
      "conditional",
      true,
      `is for the presets ${names}, and the networks of preset ${model.name} take no labels: leave it out, or choose --preset dcgan`,
    );
  for (const network of ["generator", "discriminator"] as const)
    if (chosen.choices.labels[network] === "none" && networks[network] === undefined)
      return refuse(
        `conditioning.${network}`,
        "none",
        `leaves the ${network} without labels, and the other could do nothing with its own: choose another, or leave --conditional out`,
      );
  if (
    classWeight !== 1 &&
    chosen.choices.labels.discriminator !== "auxiliary-classifier" &&
    networks.discriminator === undefined
  )
    return refuse("conditioning.classWeight", classWeight, NO_CLASSIFIER);
  return null;
}

const NO_CLASSIFIER =
  "is the weight of an auxiliary classifier's loss, and the discriminator has none: choose --conditional --discriminator-conditioning auxiliary-classifier, or leave it out";

function refusedTogether(config: RunConfig): RefusedChoice | null {
  const chosen = chosenNetworks(config);
  if (!chosen) return null;
  const { choices, architecture } = chosen;
  const refused = architecture.refuses?.(choices) ?? clashIn(choices);
  if (!refused) return null;
  const [group, name] = refused.path.split(".");
  const value = (config as unknown as Record<string, Record<string, unknown>>)[group][name];
  return { ...refused, value };
}

/** Equalized kernels have an initializer and a scale of their own, and spectral normalization undoes every scale. */
function clashIn({ equalized, spectralNorm, initializer }: Choices): Omit<RefusedChoice, "value"> | null {
  if (!equalized) return null;
  const path = "model.equalized";
  if (spectralNorm !== "none")
    return {
      path,
      why: `scales kernels, and spectral normalization (${spectralNorm}) undoes every scale: leave it out, or give --spectral-norm none`,
    };
  if (initializer !== undefined)
    return {
      path,
      why: `draws kernels from N(0, 1), and the initializer is to be ${initializer}: leave one of the two out`,
    };
  return null;
}
