// A discriminator's features: what the last layer with a kernel before its first output is given.
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";

/** Back from the first output to a layer with a kernel; null where that is given the image itself. */
export function featuresOf({ outputs: [output], inputs }: LayersModel): SymbolicTensor | null {
  const given = new Set(inputs.map(({ id }) => id));
  let tensor = output;
  while (!given.has(tensor.id)) {
    const hasKernel = tensor.sourceLayer.weights.some(({ shape }) => shape.length >= 2);
    const [before] = tensor.inputs;
    if (!before) return null;
    if (hasKernel) return given.has(before.id) ? null : before;
    tensor = before;
  }
  return null;
}
