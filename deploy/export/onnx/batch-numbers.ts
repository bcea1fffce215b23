// How a number of a graph depends on the number of images, told from two graphs that differ in nothing else.

/** `N · numerator / denominator`, or a number that stays as it is. */
export type BatchNumber =
  | { readonly kind: "fixed"; readonly value: number }
  | { readonly kind: "proportional"; readonly numerator: number; readonly denominator: number };

/** The numbers of images of the two graphs. */
export interface TwoBatches {
  readonly small: number;
  readonly large: number;
}

/**
 * What two whole numbers have in common, of which one was found with `small` images and the other with `large`; null
 * where it is neither of the two kinds.
 */
export function batchNumberOf(
  [few, many]: readonly [number, number],
  { small, large }: TwoBatches,
): BatchNumber | null {
  if (few === many) return { kind: "fixed", value: few };
  if (few * large !== many * small) return null;
  const divisor = greatestCommonDivisor(Math.abs(few), small);
  return { kind: "proportional", numerator: few / divisor, denominator: small / divisor };
}

/** As a dimension is written: `28`, `N`, `4N`, `N/4`. */
export function dimensionText(number: BatchNumber): number | string {
  switch (number.kind) {
    case "fixed":
      return number.value;
    case "proportional": {
      const { numerator, denominator } = number;
      return `${numerator === 1 ? "" : numerator}N${denominator === 1 ? "" : `/${denominator}`}`;
    }
    default:
      return number satisfies never;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
