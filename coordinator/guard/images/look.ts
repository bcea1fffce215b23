// What a probe has seen: real and generated images side by side.
export interface Look {
  /** By the names of `PROBE`: one vector for each image; what the networks do not show is absent. */
  readonly rows: Readonly<Record<string, readonly Float32Array[]>>;
  /** The largest output of each layer's ReLU over all images: 0 where it is dead. */
  readonly relus: ReadonlyMap<string, number>;
}
