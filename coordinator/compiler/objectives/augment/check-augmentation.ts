// Refuses a p that would follow what means nothing.
import type { RunConfig } from "../../../../shared/config/config.ts";
import { USUAL_LOSS, lossOf } from "../../../../shared/config/objectives/losses.ts";
import { GanglionError } from "../../../../shared/errors.ts";

/** @throws GanglionError CONFIG where p is to follow signs of D's outputs, of which only differences mean something */
export function checkAugmentation({ augment, loss = USUAL_LOSS }: Pick<RunConfig, "augment" | "loss">): void {
  if (augment.kind !== "ada" || augment.probability !== undefined) return;
  if (lossOf(loss).boundary !== undefined) return;
  throw new GanglionError(
    "CONFIG",
    `config field augment lets p follow the sign of D(x), and with the loss ${loss} only differences of D's outputs mean something: give p itself, with --augment-probability 0.2 or a ramp such as cosine:0:0.3, or take another loss`,
  );
}
