// A network as a list of layer calls that PyTorch's script builds again: classes, arguments, shapes, names of weights.
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { classNameOf, ownName } from "../../../coordinator/compiler/models/held.ts";
import type { NamedWeight } from "../../../coordinator/compiler/models/weights.ts";
import { GanglionError } from "../../../shared/errors.ts";

type Layer = LayersModel["layers"][number];
type Config = ReturnType<Layer["getConfig"]>;

/** One call of a layer; values are numbered from 0, the network's input. */
export interface LayerCall {
  /** The class's name under which tfjs saves it, such as Conv2D. */
  readonly layer: string;
  /** Of the layer among its network's: calls of one layer share its weights. */
  readonly position: number;
  /** As tfjs saves it. */
  readonly config: Config;
  readonly inputs: readonly number[];
  readonly output: number;
  /** Without the batch. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  /** Names in the run's layout by the layer's own: `kernel` is `generator/00-dense/kernel`. */
  readonly weights: Readonly<Record<string, string>>;
}

export interface NetworkDescription {
  readonly calls: readonly LayerCall[];
  /** The value that the network returns. */
  readonly output: number;
}

/**
 * Calls in an order in which every input is made before it is used.
 *
 * @throws GanglionError USAGE for networks with several inputs or outputs, or with models inside
 */
export function describeNetwork(
  name: string,
  model: LayersModel,
  weights: readonly NamedWeight[],
): NetworkDescription {
  if (model.inputs.length !== 1 || model.outputs.length !== 1)
    throw notDescribed(name, `has ${model.inputs.length} inputs and ${model.outputs.length} outputs`);
  const values = new Map<number, number>([[model.inputs[0].id, 0]]);
  const calls: LayerCall[] = [];
  const visit = (tensor: SymbolicTensor): number => {
    const known = values.get(tensor.id);
    if (known !== undefined) return known;
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex];
    const position = model.layers.indexOf(layer);
    if (position < 0 || "inputLayers" in layer || node.outputTensors.length !== 1)
      throw notDescribed(name, `has ${layer.name}, a model or a layer with several outputs, inside`);
    const inputs = node.inputTensors.map(visit);
    const output = values.size;
    values.set(tensor.id, output);
    calls.push({
      layer: classNameOf(layer),
      position,
      config: layer.getConfig(),
      inputs,
      output,
      inputShape: withoutBatch(node.inputTensors[0]),
      outputShape: withoutBatch(tensor),
      weights: weightsOf(layer, weights),
    });
    return output;
  };
  const output = visit(model.outputs[0]);
  return { calls, output };
}

function withoutBatch({ shape }: SymbolicTensor): number[] {
  return shape.slice(1).map((size) => size ?? 0);
}

function weightsOf(layer: Layer, weights: readonly NamedWeight[]): Record<string, string> {
  const own = layer.weights.map((variable) => {
    const named = weights.find((weight) => weight.variable === variable)!;
    return [ownName(variable), named.name] as const;
  });
  return Object.fromEntries(own);
}

function notDescribed(network: string, what: string): GanglionError {
  return new GanglionError(
    "USAGE",
    `PyTorch's script builds networks of one input, one output and single layers, and the ${network} ${what}: leave --against pytorch out`,
  );
}
