// Constraints that layers put on their weights: what must hold after each update, as plain data for the coordinator.
import { GanglionError } from "../../../shared/errors.ts";
import type { NamedWeight } from "./weights.ts";

/** Norms are L2 norms over `axes`; the remaining axes tell the vectors apart. */
export type Constraint =
  | { readonly kind: "nonNegative" }
  /** Every number within ± most. */
  | { readonly kind: "clip"; readonly most: number }
  | { readonly kind: "unitNorm"; readonly axes: readonly number[] }
  | { readonly kind: "maxNorm"; readonly axes: readonly number[]; readonly most: number }
  | {
      readonly kind: "minMaxNorm";
      readonly axes: readonly number[];
      readonly least: number;
      readonly most: number;
      /** How far towards the bounds one update goes: 1 is all the way. */
      readonly rate: number;
    };

/** One weight's, by its name in the layout. */
export interface WeightConstraint {
  readonly weight: string;
  readonly constraint: Constraint;
}

/** What tf.layers keeps with a weight. */
interface LayerConstraint {
  readonly getClassName: () => string;
  readonly getConfig: () => Readonly<Record<string, unknown>>;
}

/**
 * The constraints of trained weights. (tf.layers itself would apply them when a weight is written, which `fit` never
 * does; here they hold after each update, as in Keras.)
 *
 * @throws GanglionError MODEL for a constraint class that tf.layers does not have
 */
export function constraintsOf(weights: readonly NamedWeight[]): WeightConstraint[] {
  return weights.flatMap(({ name, trainable, variable }) => {
    const constraint = variable.constraint as unknown as LayerConstraint | null | undefined;
    if (!trainable || !constraint) return [];
    return [{ weight: name, constraint: described(name, constraint) }];
  });
}

/** WGAN's (Arjovsky et al. 2017): every weight of D that is trained stays within ± most. */
export function weightClips(weights: readonly NamedWeight[], most: number | undefined): WeightConstraint[] {
  if (most === undefined) return [];
  const own = weights.filter(({ network, trainable }) => network === "discriminator" && trainable);
  return own.map(({ name }) => ({ weight: name, constraint: { kind: "clip", most } }));
}

function described(name: string, layerConstraint: LayerConstraint): Constraint {
  const kind = layerConstraint.getClassName();
  const { axis, minValue, maxValue, rate } = layerConstraint.getConfig();
  const axes = [axis ?? 0].flat() as number[];
  switch (kind) {
    case "NonNeg":
      return { kind: "nonNegative" };
    case "UnitNorm":
      return { kind: "unitNorm", axes };
    case "MaxNorm":
      return { kind: "maxNorm", axes, most: maxValue as number };
    case "MinMaxNorm":
      return {
        kind: "minMaxNorm",
        axes,
        least: minValue as number,
        most: maxValue as number,
        rate: rate as number,
      };
    default:
      throw new GanglionError(
        "MODEL",
        `weight ${name} has the constraint ${kind}: use maxNorm, minMaxNorm, nonNeg or unitNorm of tf.constraints, or a penalty in the loss`,
      );
  }
}
