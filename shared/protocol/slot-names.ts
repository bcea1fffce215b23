// The prefixes that say what a slot of the weights or of a contribution is, before the network's and the layer's name.

/** Of a contribution: the gradient of a trained weight, `gradient/generator/03-conv2d/kernel`. */
export const GRADIENT_PREFIX = "gradient/";

/** Of a contribution: a number that is shown and averaged like the gradients, `metric/loss/generator`. */
export const METRIC_PREFIX = "metric/";

/** Of weights and contributions: a weight that is not trained, such as a moving mean. */
export const STATE_PREFIX = "state/";

/** What a probe's result holds of the images that it looked at. */
export const PROBE = {
  images: { real: "images/real", fake: "images/fake" },
  features: { real: "features/real", fake: "features/fake" },
  scores: { real: "scores/real", fake: "scores/fake" },
} as const;

/** Before a layer's path and the number of its ReLU: the largest that it gives. */
export const RELU_PREFIX = "relu/";

/** Names of weights, in a group for each network that they belong to. */
export function byNetwork(names: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const path = name.startsWith(STATE_PREFIX) ? name.slice(STATE_PREFIX.length) : name;
    const [network] = path.split("/");
    const group = groups.get(network);
    if (group) group.push(name);
    else groups.set(network, [name]);
  }
  return [...groups.values()];
}
