// What a model.json of Keras 2, Keras 3 or tfjs holds besides the arguments that tfjs's layers take.

/** Keys, in camelCase, that change nothing in a network that is loaded with its weights. */
const HARMLESS: ReadonlySet<string> = new Set([
  "module", "registeredName", "buildConfig", "compileConfig", "name", "trainable", "dtype", "inputDtype", "seed",
  "synchronized", "fused", "dynamic", "autocast", "useCudnn", "optional", "sparse", "ragged", "implementation",
  "renormMomentum", "renormClipping", "fillValue", "fillMode", "customObjects",
]); // prettier-ignore

/** What else Keras can do; tfjs does what these values say, and cannot do otherwise. */
const NEUTRAL: Readonly<Record<string, unknown>> = {
  groups: 1,
  dataFormat: "channels_last",
  keepdims: false,
  threshold: 0,
  negativeSlope: 0,
  renorm: false,
  rmsScaling: false,
  resetAfter: false,
  timeMajor: false,
  zeroOutputForMask: false,
  padToAspectRatio: false,
  antialias: false,
};

/** By class: what Keras 3 calls an argument of tfjs's. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  LeakyReLU: { negativeSlope: "alpha" },
};

/** Whether tfjs may pass over this key: null says that there is none of it. */
export function isHarmless(key: string, value: unknown, config: Readonly<Record<string, unknown>>): boolean {
  if (value === null || HARMLESS.has(key)) return true;
  if (isOfCell(key, value, config["cell"])) return true;
  if (key === "backwardLayer") return isMirror(config["layer"], value);
  if (key === "outputPadding") return isUsualPadding(value, config);
  return Object.hasOwn(NEUTRAL, key) && NEUTRAL[key] === value;
}

/** What `key` of a layer of this class is called in tfjs. */
export function renamed(className: string, key: string): string | undefined {
  const names = Object.hasOwn(RENAMED, className) ? RENAMED[className] : {};
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

/**
 * Keras computes the size of a transposed convolution's output otherwise where an output padding is given, 0 as well;
 * tfjs as where there is none: strides times the input, and with "valid" what the kernel reaches beyond.
 */
function isUsualPadding(value: unknown, config: Readonly<Record<string, unknown>>): boolean {
  const [kernel, strides] = [config["kernel_size"], config["strides"]].map((sizes) =>
    [sizes ?? 1].flat().map(Number),
  );
  return [value].flat().every((padding, axis) => {
    const [size, stride] = [kernel[axis] ?? kernel[0], strides[axis] ?? strides[0]];
    return padding === (config["padding"] === "same" ? stride - (size % 2) : Math.max(stride - size, 0));
  });
}

/** tfjs saves what an RNN's cell has been given with the RNN too. */
function isOfCell(key: string, value: unknown, cell: unknown): boolean {
  const { config } = (cell ?? {}) as { readonly config?: Readonly<Record<string, unknown>> };
  const given = Object.entries(config ?? {}).find(([name]) => camelCase(name) === key);
  return given !== undefined && JSON.stringify(given[1]) === JSON.stringify(value);
}

/** As tfjs reads keys and words: `kernel_size` is kernelSize, "channels_last" is "channelsLast". */
export function camelCase(name: string): string {
  return name.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
}

/** tfjs makes the backward layer from the forward one; a saved one that differs in more than its direction is lost. */
function isMirror(forward: unknown, backward: unknown): boolean {
  const essence = (layer: unknown): string =>
    JSON.stringify(layer, (key, value: unknown) =>
      ["name", "go_backwards", "build_config", "shared_object_id"].includes(key) ? undefined : value,
    );
  return essence(forward) === essence(backward);
}
