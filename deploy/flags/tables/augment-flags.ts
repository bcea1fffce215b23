// Flags of one augmentation beside another's: one of them would be without effect.
import { GanglionError } from "../../../shared/errors.ts";
import { givenFlags } from "../config-fields.ts";
import type { ConfigFlags } from "../config-flags.ts";
import { longFlag } from "../flag.ts";

/** @throws GanglionError USAGE */
export function checkAugmentFlags(flags: ConfigFlags): void {
  const given = givenFlags(flags).flatMap(({ name, flag, value }) => {
    if (!flag.path?.startsWith("augment.")) return [];
    const kind = flag.kind ?? (value as string); // --augment names it
    return [{ written: `${longFlag(name)} ${String(value)}`, kind }];
  });
  const [first] = given;
  const other = given.find(({ kind }) => kind !== first.kind);
  if (other === undefined) return;
  throw new GanglionError(
    "USAGE",
    `${first.written} and ${other.written} belong to different augmentations, ${first.kind} and ${other.kind}: leave one of the two out`,
  );
}
