// A saved network's copy: its layers, and what its weights begin with, in the form that `loadKerasModel` reads.
import { createHash } from "node:crypto";
import { readSavedNetwork } from "../saved/keras-model.ts";
import type { Json } from "../saved/saved-network.ts";

export interface NetworkCopy {
  /** A model.json; its manifest lists no weights where the copy holds none. */
  readonly description: Json;
  /** As the manifest lists them, back to back; null in a checkpoint, which holds the weights as they are now. */
  readonly weights: Uint8Array | null;
  /** SHA-256, hex, of layers and weights as they were saved. */
  readonly original: string;
}

/** The name of the weights' file in a network's manifest, beside its `<network>.json`. */
export function weightsFile(network: string): string {
  return `${network}.bin`;
}

/** @throws GanglionError MODEL where it cannot be read, as `loadKerasModel` */
export async function copyNetwork(path: string, network: string): Promise<NetworkCopy> {
  const saved = await readSavedNetwork(path);
  const isKeras = "weights" in saved;
  const entries = isKeras ? [...saved.weights] : [];
  const specs = isKeras
    ? entries.map(([name, { shape }]) => ({ name, shape, dtype: "float32" }))
    : saved.weightSpecs;
  const weights = isKeras
    ? Buffer.concat(
        entries.map(([, { values }]) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
      )
    : new Uint8Array(saved.weightData);
  const description = {
    format: "layers-model",
    modelTopology: saved.topology,
    weightsManifest: [{ paths: [weightsFile(network)], weights: specs }],
    ganglion: { fromKeras: isKeras, withoutWeights: false },
  };
  const original = createHash("sha256").update(JSON.stringify(description)).update(weights).digest("hex");
  return { description, weights, original };
}

/** The same without the weights. */
export function layersOnly(copy: NetworkCopy): NetworkCopy {
  const { ganglion, ...description } = copy.description;
  const marked = { ...(ganglion as object), withoutWeights: true };
  return { ...copy, description: { ...description, weightsManifest: [], ganglion: marked }, weights: null };
}
