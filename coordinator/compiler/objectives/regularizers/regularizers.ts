// The table of regularizers, by the name of their config field; which of them a run has, and when.
import type { RunConfig } from "../../../../shared/config/config.ts";
import type { RegularizerName } from "../../../../shared/config/objectives/regularizers.ts";
import { consistency } from "./consistency.ts";
import { dragan } from "./dragan.ts";
import { featureMatching } from "./feature-matching.ts";
import { gradientPenalty } from "./gradient-penalty.ts";
import { lecam } from "./lecam.ts";
import { pathLength } from "./path-length.ts";
import { r1 } from "./r1.ts";
import { r2 } from "./r2.ts";
import type { Regularizer } from "./regularizer.ts";

/** All but those that change what D sees or is to say, and are no penalties: instance noise and label smoothing. */
const REGULARIZERS: Partial<Readonly<Record<RegularizerName, Regularizer>>> = {
  r1,
  r2,
  gradientPenalty,
  dragan,
  consistency,
  lecam,
  featureMatching,
  pathLength,
};

export interface UsedRegularizer {
  readonly name: RegularizerName;
  readonly regularizer: Regularizer;
  readonly config: NonNullable<RunConfig["regularizers"][RegularizerName]>;
  /** Steps between its rounds. */
  readonly every: number;
}

/** The penalties that a run's config asks for, in the order of its schema. */
export function usedRegularizers({ regularizers }: Pick<RunConfig, "regularizers">): UsedRegularizer[] {
  return (Object.keys(REGULARIZERS) as RegularizerName[]).flatMap((name) => {
    const config = regularizers[name];
    if (config === undefined) return [];
    const every = "every" in config ? config.every : 1;
    return { name, regularizer: REGULARIZERS[name]!, config, every };
  });
}
