// Whether two systems do the same work: as many parameters, and the same first losses from the same numbers.
import { GanglionError } from "../../../shared/errors.ts";
import type { StepFacts } from "./write-peer.ts";

/** float32 on both sides, summed in other orders; another padding, slope or axis is off by more. */
const TOLERANCE = 1e-3;

/**
 * Losses may differ by 1e-3 of max(1, |loss|).
 *
 * @throws GanglionError ENGINE naming the first difference, with both values
 */
export function checkSameWork(ours: StepFacts, theirs: StepFacts): void {
  for (const [network, count] of Object.entries(ours.parameters)) {
    const other = theirs.parameters[network] ?? 0;
    if (other !== count)
      throw differs(`the ${network} has ${count} trained parameters, and PyTorch's has ${other}`);
  }
  for (const [name, loss] of Object.entries(ours.losses)) {
    const other = theirs.losses[name] ?? Number.NaN;
    if (!(Math.abs(other - loss) <= TOLERANCE * Math.max(1, Math.abs(loss)))) {
      const [phase, network] = name.split("/");
      throw differs(
        `the first loss of the ${network} in the phase ${phase} is ${loss}, and PyTorch's is ${other}`,
      );
    }
  }
}

function differs(what: string): GanglionError {
  return new GanglionError(
    "ENGINE",
    `the two systems do not train the same networks: ${what}; nothing was measured, since the ratio would mean nothing`,
  );
}
