// A run that PyTorch has made: what pytorch/reference.py writes, read and checked.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type Tensor, decodeSafetensors } from "../../coordinator/records/files/safetensors.ts";

/** Where a weight of PyTorch's lies in Ganglion. */
const weightSchema = z.object({
  network: z.enum(["generator", "discriminator"]),
  /** Among the network's layers that have weights. */
  layer: z.int(),
  /** Ganglion's name of it in the layer. */
  weight: z.string(),
  /** Of PyTorch, below `initial/` and `final/`. */
  tensor: z.string(),
  /** The shape in which its axes are those of `axes`, one letter each. */
  view: z.array(z.int()),
  axes: z.string(),
  /** The same letters in Ganglion's order. */
  to: z.string(),
});
export type RecordedWeight = z.infer<typeof weightSchema>;

export interface RecordedRun {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly weights: readonly RecordedWeight[];
  readonly torch: string;
  readonly steps: number;
  /** Of a step. */
  readonly phases: number;
  readonly batch: number;
  readonly latentSize: number;
  /** A tensor of floats by its name; throws RangeError where there is none. */
  floats(name: string): Float32Array;
}

export async function readRecordedRun(file: string): Promise<RecordedRun> {
  const { tensors, metadata } = decodeSafetensors(await readFile(file), file);
  const [steps, phases, batch, latentSize] = tensors.get("noise")!.shape;
  const floats = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.dtype !== "F32") throw new RangeError(`${file} has no floats named ${name}`);
    return tensor.data;
  };
  const weights = z.array(weightSchema).parse(JSON.parse(metadata["weights"]));
  return { tensors, weights, torch: metadata["torch"], steps, phases, batch, latentSize, floats };
}

/** Pixels of the batch of a step and phase, in [-1, 1]: [B, H, W, C] into `target`. */
export function fillSamples({ tensors, phases, batch }: RecordedRun, at: number, target: Float32Array): void {
  const [images, order] = [tensors.get("images"), tensors.get("order")];
  if (images?.dtype !== "U8" || order?.dtype !== "I32")
    throw new RangeError("no images, or no order of them");
  const size = target.length / batch;
  if (order.shape[1] !== phases) throw new RangeError("the order of the samples is another run's");
  for (let i = 0; i < batch; i++) {
    const from = order.data[at * batch + i] * size;
    for (let j = 0; j < size; j++) target[i * size + j] = images.data[from + j] / 127.5 - 1;
  }
}
