// Every loss with every regularizer, and combinations as they are used: what PyTorch is asked to compute too.
import { LOSS_NAMES, type LossName, lossOf } from "../../../shared/config/objectives/losses.ts";
import type { RunConfigInput } from "../../../shared/config/config.ts";

type Regularizers = NonNullable<RunConfigInput["regularizers"]>;

export interface ObjectiveCase {
  readonly loss: LossName;
  /** A column of the table. */
  readonly column: string;
  /** A module of tests/support. */
  readonly networks: "conv-gan" | "patch-gan";
  readonly changes: Partial<RunConfigInput>;
}

/** With weights that make each count about as much as the loss. */
const COLUMNS: Readonly<Record<string, Regularizers>> = {
  alone: {},
  r1: { r1: { gamma: 0.5 } },
  r2: { r2: { gamma: 0.5 } },
  gradientPenalty: { gradientPenalty: { weight: 2 } },
  dragan: { dragan: { weight: 2 } },
  consistency: { consistency: { weight: 2 } },
  lecam: { lecam: { weight: 0.3 } },
  featureMatching: { featureMatching: {} },
  pathLength: { pathLength: { weight: 2, every: 1 } },
  instanceNoise: { instanceNoise: { stddev: 0.3 } },
  labelSmoothing: { labelSmoothing: { real: 0.9, fake: 0.1 } },
};

const PAIRS: readonly ObjectiveCase[] = LOSS_NAMES.flatMap((loss) =>
  Object.entries(COLUMNS)
    .filter(([column]) => column !== "labelSmoothing" || lossOf(loss).hasTargets)
    .map(([column, regularizers]) => ({
      loss,
      column,
      networks: "conv-gan" as const,
      changes: { loss, regularizers },
    })),
);

const combination = (
  column: string,
  loss: LossName,
  regularizers: Regularizers,
  more: Partial<RunConfigInput> = {},
): ObjectiveCase => ({
  loss,
  column,
  networks: column.startsWith("patches") ? "patch-gan" : "conv-gan",
  changes: { loss, regularizers, ...more },
});

const { alone: _, labelSmoothing: __, ...ALL } = COLUMNS;
const EVERYTHING = Object.assign({}, ...Object.values(ALL)) as Regularizers;

export const CASES: readonly ObjectiveCase[] = [
  ...PAIRS,
  combination("R1 and R2 (R3GAN)", "relativistic-pairing", { r1: { gamma: 1 }, r2: { gamma: 1 } }),
  combination("R1 in every 16th step, path length in every 4th (StyleGAN2)", "non-saturating", {
    r1: { gamma: 10, every: 16 },
    pathLength: { every: 4 },
  }),
  combination(
    "both networks in one round",
    "hinge",
    { r1: { gamma: 1 }, featureMatching: {} },
    { schedule: { kind: "simultaneous" } },
  ),
  combination("all regularizers at once", "wasserstein", EVERYTHING),
  combination("patches and a second output, all regularizers at once", "hinge", EVERYTHING),
  combination("patches and a second output, all regularizers at once", "relativistic-average", EVERYTHING),
];

/** LeCam's averages after some rounds, path length's too. */
export const STATE: Readonly<Record<string, Float32Array>> = {
  "state/discriminator/objective/lecam/real": Float32Array.of(0.7),
  "state/discriminator/objective/lecam/fake": Float32Array.of(-0.4),
  "state/discriminator/objective/lecam/isStarted": Float32Array.of(1),
  "state/generator/objective/pathLength/length": Float32Array.of(0.5),
};
