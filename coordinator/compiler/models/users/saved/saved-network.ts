// A saved network before it is built: what its layers are, and the values of its weights.

export type Json = Readonly<Record<string, unknown>>;

export interface SavedWeight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface SavedNetwork {
  /** As Keras's `to_json` gives it. */
  readonly topology: Json;
  /** By the name that the file has for them: `conv2d/kernel`, `layers/conv2d/vars/0`. */
  readonly weights: ReadonlyMap<string, SavedWeight>;
}

/** Without weights where a checkpoint has them: it is then built with others. */
export type DescribedNetwork = Pick<SavedNetwork, "topology"> & {
  readonly weights: SavedNetwork["weights"] | null;
};
