// The prefixes that say what a slot of the weights or of a contribution is, before the network's and the layer's name.

/** Of a contribution: the gradient of a trained weight, `gradient/generator/03-conv2d/kernel`. */
export const GRADIENT_PREFIX = "gradient/";

/** Of a contribution: a number that is shown and averaged like the gradients, `metric/loss/generator`. */
export const METRIC_PREFIX = "metric/";

/** Of weights and contributions: a weight that is not trained, such as a moving mean. */
export const STATE_PREFIX = "state/";
