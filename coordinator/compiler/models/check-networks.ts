// Whether a network fits the data, the noise and its opponent, said before anything is traced.
import { LayersModel, layers } from "@tensorflow/tfjs-layers";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { hasAuxiliaryClassifier } from "../objectives/judge.ts";
import { shapeText } from "./users/failures.ts";
import type { ModelContext } from "./users/model-context.ts";

type Shape = readonly (number | null)[];

export interface Expectation {
  readonly context: ModelContext;
  /** The module's losses decide what D's outputs mean. */
  readonly ownLosses: boolean;
  /** What was noticed about the data, as the rest of a sentence; it may explain why they have no labels. */
  readonly noticed?: string;
}

/**
 * Checks inputs and outputs; unknown sizes fit everything. A generator and a discriminator may take one-hot labels as a
 * second input.
 *
 * @throws GanglionError MODEL naming the network, the shape it has and the one that is needed
 */
export function checkNetwork(
  name: NetworkName,
  source: string,
  model: LayersModel,
  { context, ownLosses, noticed = "" }: Expectation,
): void {
  checkIsModel(name, source, model);
  const image = [...context.imageShape];
  const { latentSize, classes } = context;
  const inputs = model.inputs.map(({ shape }) => shape.slice(1));
  const outputs = model.outputs.map(({ shape }) => shape.slice(1));
  const complain = (end: "input" | "output", shapes: readonly Shape[], wanted: string): never => {
    const isUnlabelled = end === "input" && inputs.length === 2 && name !== "classifier" && classes === 0;
    const got = shapes.map(shapeText).join(" and ");
    throw new GanglionError(
      "MODEL",
      `${name} of ${source}: its ${end} has shape ${got} a sample, and ${wanted} is needed` +
        (isUnlabelled ? `: the data has no labels for a second input${noticed}` : ""),
    );
  };

  const first = name === "generator" ? [latentSize] : image;
  const labelled = name !== "classifier" && classes > 0;
  const fits = meets(inputs[0], first) && (inputs.length === 1 || (labelled && meets(inputs[1], [classes])));
  if (!fits || inputs.length > 2)
    complain(
      "input",
      inputs,
      labelled
        ? `${shapeText(first)}, or that and ${shapeText([classes])} for labels (one-hot),`
        : shapeText(first),
    );
  switch (name) {
    case "generator":
      if (!meets(outputs[0], image)) complain("output", outputs, shapeText(image));
      break;
    case "discriminator":
      if (!ownLosses && judgesOf(model, classes).some((shape) => shape.at(-1) !== 1))
        complain(
          "output",
          outputs,
          classes > 1
            ? `[1], or one logit for each patch, […, 1], with or without a second output [${classes}] for the classes`
            : "[1], or one logit for each patch, […, 1],",
        );
      break;
    case "classifier":
      if (outputs.length !== 1 || !meets(outputs[0], [classes]))
        complain("output", outputs, shapeText([classes]));
      break;
    default:
      name satisfies never;
  }
}

/** The outputs that say how real an image is: all but an auxiliary classifier's. */
function judgesOf(model: LayersModel, classes: number): Shape[] {
  const shapes = model.outputs.map(({ shape }) => shape.slice(1));
  return hasAuxiliaryClassifier(model, classes) ? shapes.slice(0, 1) : shapes;
}

/** A weight that two networks, or two layers of one, both hold has no single place in the flat vector. */
export function checkOwnVariables(networks: Partial<Readonly<Record<NetworkName, LayersModel>>>): void {
  const owners = new Map<unknown, string>();
  for (const [network, model] of Object.entries(networks)) {
    for (const layer of model.layers) {
      const owner = `layer ${layer.name} of the ${network}`;
      for (const variable of layer.weights) {
        const other = owners.get(variable);
        if (other !== undefined)
          throw new GanglionError(
            "MODEL",
            `${owner} shares weights with ${other}: build a layer of its own for each (inside one network a layer may be applied many times)`,
          );
        owners.set(variable, owner);
      }
    }
  }
}

function checkIsModel(name: NetworkName, source: string, model: unknown): void {
  if (model instanceof LayersModel) {
    if (Array.isArray(model.inputs) && model.inputs.length > 0 && model.outputs.length > 0) return;
    throw new GanglionError(
      "MODEL",
      `${name} of ${source} has no layers: add some, the first with an inputShape`,
    );
  }
  throw new GanglionError("MODEL", `${name} of ${source} returned ${whatIs(model)}`);
}

function whatIs(value: unknown): string {
  if (value instanceof layers.Layer)
    return `the layer ${value.name}, not a model: wrap it, tf.sequential({ layers: [layer] })`;
  if (typeof value === "object" && value !== null && "layers" in value)
    return "a model of another copy of tfjs: build it with the `tf` that the builder is given, and import none";
  if (value === undefined) return "nothing: end it with `return model`";
  return `${value === null ? "null" : typeof value}, not a tf.layers model: return tf.sequential(…) or tf.model(…)`;
}

function meets(shape: Shape | undefined, wanted: readonly number[]): boolean {
  return shape?.length === wanted.length && shape.every((size, i) => size === null || size === wanted[i]);
}
