// Refuses mistakes in a user's own layers that tf.layers passes over or reports obscurely.
//
// They are refused where the layer is made, with the remedy.
import { layers } from "@tensorflow/tfjs-layers";

type Layer = layers.Layer;
type Method = (this: Layer, ...parameters: unknown[]) => unknown;

/** A layer that is being applied, and whether it was built before: then its build() does not run. */
export interface RunningLayer {
  readonly layer: Layer;
  readonly wasBuilt: boolean;
}

/** What tf.layers says, and what to do about it. */
const REMEDIES: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  {
    pattern: /presence of activity regularizer\(s\) is not supported/,
    remedy: "leave activityRegularizer out, and add that penalty in losses, or regularize the kernel",
  },
  {
    pattern: /^Cannot read properties of undefined \(reading 'outputTensors'\)/,
    remedy: "a layer was added whose apply() is not tf.layers' own: override call(), not apply()",
  },
  {
    pattern: /Duplicate weight name/,
    remedy: "call addWeight once for each weight, in build(), and keep what it returns",
  },
];

/** `message: remedy` where one is known. */
export function withRemedy(message: string): string {
  const known = REMEDIES.find(({ pattern }) => pattern.test(message));
  return known === undefined ? message : `${message.replace(/[.!]+$/, "")}: ${known.remedy}`;
}

/**
 * Until the returned function is called, a layer without a name, addWeight and addLoss throw plain errors for what cannot
 * be trained; whoever runs the layer names it. `running` are the layers being applied, innermost last.
 */
export function refuseLayerSlips(running: readonly RunningLayer[]): () => void {
  const prototype = layers.Layer.prototype as unknown as Record<"addWeight" | "addLoss", Method>;
  const { addWeight, addLoss } = prototype;
  const adding: Layer[] = []; // addWeight adds the loss of a regularizer
  prototype.addWeight = function (this: Layer, ...parameters) {
    refuseWeight(parameters);
    adding.push(this);
    try {
      return addWeight.apply(this, parameters);
    } finally {
      adding.pop();
    }
  };
  prototype.addLoss = function (this: Layer, ...parameters) {
    const at = running.at(-1);
    const inCall = at?.layer === this && at.wasBuilt && adding.at(-1) !== this;
    const isFunction = [parameters[0] ?? []].flat().every((loss) => typeof loss === "function");
    if (inCall || !isFunction)
      throw new Error(
        `addLoss ${isFunction ? "is called in call()" : "is given what is no function"}: give it a function of weights, in build(), this.addLoss(() => …); a penalty on activations belongs in losses`,
      );
    return addLoss.apply(this, parameters);
  };
  const restoreName = refuseNameless();
  return () => {
    restoreName();
    Object.assign(prototype, { addWeight, addLoss });
  };
}

/** The constructor of tf.layers makes a name of the class's where it is given none. */
function refuseNameless(): () => void {
  const prototype = layers.Layer.prototype;
  // oxlint-disable-next-line typescript/unbound-method -- called below with the layer it belongs to
  const { getClassName } = prototype;
  prototype.getClassName = function (this: Layer) {
    const className = getClassName.call(this) as string | undefined;
    const name = this.name as string | undefined;
    if (className !== undefined || name !== undefined) return className as string;
    const kind = this.constructor.name || "of the layer";
    throw new Error(
      `class ${kind} needs \`static get className() { return "${this.constructor.name || "MyLayer"}"; }\` (or give each of its layers a name, super({ name: "…" }))`,
    );
  };
  return () => Reflect.deleteProperty(prototype, "getClassName");
}

/** Parameters as addWeight takes them: name, shape, dtype, initializer, and as the eighth a function that gives one. */
function refuseWeight(parameters: readonly unknown[]): void {
  const [name, , dtype, initializer] = parameters;
  const call = `addWeight(${JSON.stringify(name)}, …)`;
  if ((dtype ?? "float32") !== "float32")
    throw new Error(
      `${call} is given the type ${String(dtype)}: weights are float32; keep what is none as a tensor, not a weight`,
    );
  const { apply } = (initializer ?? {}) as { readonly apply?: unknown };
  if (typeof parameters[7] === "function" || (typeof apply === "function" && typeof initializer === "object"))
    return;
  const given = typeof initializer === "string" ? JSON.stringify(initializer) : typeof initializer;
  const example = typeof initializer === "string" && /^\w+$/.test(initializer) ? initializer : "zeros";
  throw new Error(
    `${call} is given the initializer ${given}: give it an object, such as tf.initializers.${example}()`,
  );
}
