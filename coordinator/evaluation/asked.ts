// What an evaluation is asked for, and of whom: images, their features, the data set that they are compared with.
import type { Dataset } from "../../shared/data/dataset.ts";
import type { ExtractorSpec } from "../../shared/evaluation/extractor.ts";

/** Images to extract features from: what the generator draws, or the train split in the fixed order of references. */
export interface FeatureRequest {
  readonly source: "generated" | "train";
  readonly seed: number;
  readonly first: number;
  readonly images: number;
}

/** Rows [images, F + K], in the order of the images. */
export type ExtractFeatures = (request: FeatureRequest) => Promise<Float32Array>;

export type Metrics = Readonly<Record<string, number>>;

export interface ReferenceOptions {
  readonly spec: ExtractorSpec;
  /** Images wanted. */
  readonly images: number;
  readonly train: Pick<Dataset, "name" | "count" | "imageShape" | "fingerprint" | "labels" | "classLabels">;
  /** Whether the run also trains on the mirrored images, which are samples too. */
  readonly flip: boolean;
  /** What decides the bits of features beside the extractor. */
  readonly numerics: () => string;
  /** Where references are kept; null for nowhere. */
  readonly cache: string | null;
  readonly warn: (message: string) => void;
}
