// Finds each weight of a network among those of its file, by the names that Keras has given them.
import type { Place } from "./place-weights.ts";
import type { SavedNetwork, SavedWeight } from "./saved-network.ts";

type Weights = SavedNetwork["weights"];

export interface Match {
  readonly place: Place;
  readonly weight: SavedWeight;
}

/** In front of all layers: what tf.keras 2.13 and later wrote in .keras files. */
const OLDER = "_layer_checkpoint_dependencies/";

/**
 * Each weight of the network with its values; none of the file's is left.
 *
 * @throws Error that names the weight which is missing, left over, of another shape, or not one alone
 */
export function matchWeights(places: readonly Place[], weights: Weights): readonly Match[] {
  const names = [...weights.keys()];
  const isCounted = names.some((name) => /(^|\/)vars\/\d+$/.test(name));
  const found = isCounted ? byPath(places, weights) : byName(places, weights);
  const used = new Set(found.values());
  const left = names.find((name) => !used.has(name) && isOfLayer(name, isCounted));
  if (left !== undefined) throw new Error(`its weight ${left} belongs to no layer of its topology`);
  return places.map((place) => {
    const weight = weights.get(found.get(place)!)!;
    const { shape } = place.variable;
    if (shape.join() !== weight.shape.join())
      throw new Error(
        `its weight ${found.get(place)} has shape [${weight.shape.join(", ")}], and ${place.names.join("/")} needs [${shape.join(", ")}]`,
      );
    return { place, weight };
  });
}

function byPath(places: readonly Place[], weights: Weights): ReadonlyMap<Place, string> {
  const found = new Map<Place, string>();
  for (const place of places) {
    const older = place.path.replaceAll("layers/", OLDER);
    const name = [place.path, older].find((path) => weights.has(path));
    if (name === undefined) throw missing(place);
    found.set(place, name);
  }
  return found;
}

/** Names may have the models around a layer before it, or not: the most deeply nested choose first. */
function byName(places: readonly Place[], weights: Weights): ReadonlyMap<Place, string> {
  const free = new Set(weights.keys());
  const found = new Map<Place, string>();
  for (const place of places.toSorted((a, b) => b.names.length - a.names.length)) {
    const ranked = [...free]
      .map((name) => ({ name, rank: rankOf(name.split("/"), place.names) }))
      .filter(({ rank }) => rank > -Infinity)
      .toSorted((a, b) => b.rank - a.rank);
    const [best, second] = ranked;
    if (best === undefined) throw missing(place);
    if (best.rank === second?.rank)
      throw new Error(
        `its weights ${best.name} and ${second.name} may both be of ${place.names.join("/")}: save it as a .keras file, model.save("model.keras")`,
      );
    found.set(place, best.name);
    free.delete(best.name);
  }
  return found;
}

/** How well a name of the file fits: it must have layer and weight; models around it count for, other parts against it. */
function rankOf(parts: readonly string[], names: readonly string[]): number {
  const [weight, layer, ...around] = names.toReversed();
  const before = parts.slice(0, -1);
  if (!isCalled(parts.at(-1), weight) || !before.includes(layer)) return -Infinity;
  const shared = around.filter((name) => before.includes(name)).length;
  return shared * 100 - before.length;
}

/** Keras 3 calls the one kernel of a depthwise convolution so. */
function isCalled(part: string | undefined, weight: string): boolean {
  return part === weight || (weight === "depthwise_kernel" && part === "kernel");
}

/** The state of random numbers is the run's own here, and an optimizer's is left behind. */
function isOfLayer(name: string, isCounted: boolean): boolean {
  if (/seed_generator/.test(name)) return false;
  return isCounted ? /^(layers|_layer_checkpoint_dependencies)\//.test(name) : true;
}

function missing({ names }: Place): Error {
  return new Error(`it has no weight for ${names.join("/")}`);
}
