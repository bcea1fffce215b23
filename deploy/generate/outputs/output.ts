// Where drawn pictures go: one interface for grids, files, arrays and animations.

export interface Output {
  /** [n, H, W, C] in -1 … 1, in the order of the pictures, one call at a time. */
  take(first: number, images: Float32Array): Promise<void>;
  /** Makes it whole; before that nothing of it is where the user looks. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

export interface OutputOptions {
  /** The file or folder. */
  readonly out: string;
  readonly count: number;
  /** [H, W, C] */
  readonly imageShape: readonly [number, number, number];
}
