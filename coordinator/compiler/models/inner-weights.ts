// Weights that tf.layers does not list: those of layers that a user's layer keeps and calls itself.
import type { layers } from "@tensorflow/tfjs-layers";
import type { RunConfig } from "../../../shared/config/config.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { layerText } from "./users/failures.ts";
import { heldVariables } from "./held.ts";
import type { ImageSpec, Networks } from "./networks.ts";
import type { NowInputs } from "./users/now.ts";
import { type FoundWeight, WeightSearch } from "./weight-search.ts";
import { type NamedWeight, namedWeights } from "./weights.ts";

/** What is inside the layers of the networks. */
export interface InnerWeights {
  readonly weights: readonly NamedWeight[];
  /** Layers that run inside of each network's, or hold its weights. */
  readonly layers: Partial<Readonly<Record<NetworkName, readonly layers.Layer[]>>>;
}

/**
 * Lets every network run once on symbols, and finds each variable that it computes with and that tf.layers does not list.
 * Layers that are not built yet are built, with weights from the run's seed. A name is made of the outer layer's position
 * and class and the properties that lead from there: `discriminator/02-wrap/inner-dense/kernel`; where none do (a private
 * field, a closure), of the order of the calls: `discriminator/02-wrap/called.0-dense/kernel`.
 *
 * @throws GanglionError MODEL for a variable that no layer holds, or that another network has already; TRACE or MODEL as
 *   a trace of the network would
 */
export async function findInnerWeights(
  networks: Networks,
  config: RunConfig,
  images: ImageSpec,
  now: NowInputs,
): Promise<InnerWeights> {
  const listed = namedWeights(networks);
  const owners = new Map<unknown, NamedWeight>(listed.map((weight) => [weight.variable.read(), weight]));
  const found: FoundWeight[] = [];
  const inner: Partial<Record<NetworkName, readonly layers.Layer[]>> = {};
  for (const name of Object.keys(networks) as NetworkName[]) {
    const model = networks[name]!;
    const search = new WeightSearch({
      name,
      model,
      listed: listed.filter(({ network }) => network === name),
      inputs: inputShapes(name, config, images).slice(0, model.inputs.length),
      seed: config.seed,
      now,
      file: config.model.kind === "module" ? config.model.file : null,
    });
    await search.run();
    for (const weight of search.found) {
      checkFound(weight, owners.get(weight.variable.read()), config.networks[name]);
      owners.set(weight.variable.read(), weight);
      found.push(weight);
    }
    const holders = model.layers.flatMap((layer) =>
      [...heldVariables(layer).values()]
        .filter(({ variable }) => owners.has(variable))
        .flatMap((held) => held.layers),
    );
    inner[name] = [...new Set([...holders, ...search.applied])];
    for (const layer of inner[name]) checkActivityRegularizer(name, layer);
  }
  const nowListed = new Set(namedWeights(networks).map(({ variable }) => variable.read())); // addWeight in call() too
  const unlisted = found.filter(({ variable }) => !nowListed.has(variable.read()));
  return { weights: unlisted, layers: inner };
}

function checkFound(
  { place, name, network }: FoundWeight,
  owner: NamedWeight | undefined,
  saved?: string,
): void {
  if (owner)
    throw new GanglionError(
      "MODEL",
      `${place} shares the weight ${owner.name} with the ${owner.network}: build a layer of its own for each network`,
    );
  if (saved !== undefined)
    throw new GanglionError(
      "MODEL",
      `${saved} has no values for ${name}, since tf.layers saves nothing of what a layer keeps inside: build the ${network} in the module, or let the layer list those weights (push them to its _trainableWeights)`,
    );
}

/** tf.layers refuses one where a layer is applied, and forgets it where a wrapper calls the layer itself. */
function checkActivityRegularizer(network: NetworkName, layer: layers.Layer): void {
  if (!layer.activityRegularizer) return;
  throw new GanglionError(
    "MODEL",
    `layer ${layerText(layer)} of the ${network} has an activityRegularizer, which tf.layers does not apply: add that penalty in losses, or regularize the kernel`,
  );
}

/** [B, …] of each input that a network may have: what it draws from or looks at, and labels. */
function inputShapes(
  name: NetworkName,
  { shard, latentSize }: RunConfig,
  { imageShape, classes }: ImageSpec,
): number[][] {
  const first = name === "generator" ? [latentSize] : imageShape;
  return [
    [shard, ...first],
    [shard, classes],
  ];
}
