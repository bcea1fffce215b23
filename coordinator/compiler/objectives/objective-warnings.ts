// What a GAN's objective lacks or has in vain, as its config and networks tell before anything is trained.
import type { RunConfig } from "../../../shared/config/config.ts";
import { USUAL_LOSS, lossOf } from "../../../shared/config/objectives/losses.ts";
import type { Scheduled } from "../../../shared/config/scheduled.ts";
import type { CompiledRun } from "../compile-run.ts";

type Compiled = Pick<CompiledRun, "networks" | "constraints">;

/** Sentences, each with the remedy; none for a classifier, or where a module's own losses decide. */
export function objectiveWarnings(config: RunConfig, compiled: Compiled): string[] {
  if (config.task === "classifier") return [];
  return [...withoutBound(config, compiled), ...withoutEffect(config)];
}

/** D's slope is bounded by a penalty, by clipped or constrained weights, or by spectral norms. */
function withoutBound(config: RunConfig, { networks, constraints }: Compiled): string[] {
  const { loss = USUAL_LOSS, weightClip, regularizers } = config;
  if (!lossOf(loss).needsLipschitz || weightClip !== undefined) return [];
  const { gradientPenalty, dragan, r1, r2 } = regularizers;
  const strengths = [gradientPenalty?.weight, dragan?.weight, r1?.gamma, r2?.gamma];
  if (strengths.some((strength) => strength !== undefined && !isNothing(strength))) return [];
  const layers = networks["discriminator"]?.layers ?? [];
  if (layers.some(({ kind }) => kind.includes("SpectralNorm"))) return [];
  if (constraints.some(({ weight }) => weight.startsWith("discriminator/"))) return [];
  return [
    `the ${loss} loss means something only where the discriminator is kept from growing steeper for ever, and nothing here does that: add --gradient-penalty 10 (WGAN-GP), --weight-clip 0.01 (WGAN), or spectral normalization of the discriminator`,
  ];
}

/** Weights of nothing. */
function withoutEffect({ regularizers }: RunConfig): string[] {
  const strengths = Object.entries(regularizers).flatMap(([name, field]) =>
    Object.entries(field as Readonly<Record<string, Scheduled>>)
      .filter(([key, value]) => STRENGTHS.has(key) && isNothing(value))
      .map(
        ([key]) => `regularizers.${name}.${key} is 0, so it has no effect and costs time: leave ${name} out`,
      ),
  );
  const { labelSmoothing } = regularizers;
  const isSharp = labelSmoothing?.real === 1 && labelSmoothing.fake === 0;
  return isSharp
    ? [
        ...strengths,
        "labelSmoothing with the targets 1 and 0 has no effect: leave it out, or give a target such as 0.9",
      ]
    : strengths;
}

const STRENGTHS: ReadonlySet<string> = new Set(["gamma", "weight", "stddev"]);

function isNothing(strength: Scheduled): boolean {
  return typeof strength === "number" ? strength === 0 : strength.from === 0 && strength.to === 0;
}
