// A named config: a starting point. It is data, and flags override any part of it.
import type { RunConfigInput } from "../config.ts";
import type { DataFacts } from "../dcgan-defaults.ts";

export interface Preset {
  readonly name: string;
  readonly description: string;
  /** Complete; what `forData` replaces fits small grey images. */
  readonly config: RunConfigInput;
  /** The fields that follow the data. */
  readonly forData?: (data: DataFacts) => Partial<RunConfigInput>;
}
