// Recognizes a discriminator that has won or lost, by how far its scores of real and generated images overlap.
import { PROBE } from "../../../shared/protocol/slot-names.ts";
import { losesMessage, winsMessage } from "../game-messages.ts";
import type { Look } from "./look.ts";
import { type Overlap, overlapOf } from "./overlap.ts";
import { Spreads, shiftOf } from "./spread.ts";

export interface RivalryWarning {
  readonly code: "DISCRIMINATOR_WINS" | "DISCRIMINATOR_LOSES";
  readonly message: string;
}

/** Every real image scores higher than every generated one, but for one pair in a thousand … */
const APART = 0.999;
/** … by so many standard deviations: healthy runs are at 6 in their first hundred steps, and below 3 later. */
const FAR = 4;
/** … in so many probes in a row, while D learns nothing from that any more. */
const WON_PROBES = 3;
/**
 * What is left of D's gradient then, beside the largest that it has been. A critic (Wasserstein, hinge) orders all pairs rightly
 * in healthy runs too, and a penalty's part of its gradient may fall by a factor of ten.
 */
const WON_GRADIENT = 0.01;

/** Scores as good as a coin's, or worse, in so many probes in a row (healthy runs: once, for a probe) … */
const COIN = 0.1;
const LOST_PROBES = 6;
/** … while the images differ plainly: in their mean (beside the data's squared distance), or in how different they are. */
const SHIFTED = 0.1;
const NARROW = 0.5;

export interface Gradient {
  readonly recent: number;
  readonly highest: number;
}

/**
 * Whatever the objective is: only the order of scores counts. Every built-in loss makes those of real images the higher ones;
 * what a module's own does is not known, so that scores of the wrong order are no mistake there.
 */
export class Rivalry {
  readonly #isRealHigher: boolean;
  readonly #spreads = new Spreads();
  #won = 0;
  #lost = 0;

  constructor({ isRealHigher }: { readonly isRealHigher: boolean }) {
    this.#isRealHigher = isRealHigher;
  }

  /** `gradient`: of the discriminator; null before it is known. */
  observe({ rows }: Look, gradient: Gradient | null): RivalryWarning | null {
    const [real, fake] = [rows[PROBE.scores.real], rows[PROBE.scores.fake]];
    if (!real || !fake) return null;
    const overlap = overlapOf(real.map(([score]) => score), fake.map(([score]) => score)); // prettier-ignore
    const right = this.#isRealHigher ? overlap.area : Math.max(overlap.area, 1 - overlap.area);
    this.#won = right >= APART && overlap.gap >= FAR ? this.#won + 1 : 0;
    const isBlind = overlap.isConstant || right < 0.5 + COIN;
    this.#lost = isBlind && differPlainly(rows, this.#spreads) ? this.#lost + 1 : 0;
    return this.#wins(overlap, real.length, gradient) ?? this.#loses(overlap, right);
  }

  #wins({ gap }: Overlap, images: number, gradient: Gradient | null): RivalryWarning | null {
    if (this.#won < WON_PROBES || !gradient || gradient.recent >= WON_GRADIENT * gradient.highest)
      return null;
    const message = winsMessage({ images, gap, norm: gradient.recent, highest: gradient.highest });
    return { code: "DISCRIMINATOR_WINS", message };
  }

  #loses({ isConstant }: Overlap, right: number): RivalryWarning | null {
    if (this.#lost < LOST_PROBES) return null;
    return { code: "DISCRIMINATOR_LOSES", message: losesMessage({ right, isConstant }) };
  }
}

function differPlainly(rows: Look["rows"], spreads: Spreads): boolean {
  const [real, fake] = [rows[PROBE.images.real], rows[PROBE.images.fake]];
  if (!real || !fake) return false;
  const data = spreads.of(real).distance;
  return shiftOf(real, fake) > SHIFTED * data ** 2 || spreads.of(fake).distance < NARROW * data;
}
