// Detects nodes that answer with nothing but zeros while others do not: broken memory, or a GPU that computes nothing.
//
// Zeros are no mistake for a moment: a loss with a margin has no slope, and may be 0 itself, where every sample of a small
// shard is right. So they are never refused, and warned of only where chance no longer explains them.
import type { Judgement } from "../update/vector-threads/vectors.ts";
import { zeroGradientsMessage } from "./guard-messages.ts";

/** A session of a node: a machine that is mended and joins again begins anew. */
interface Session {
  readonly id: string;
}

export interface ZeroGradientWarning {
  readonly code: "WORKER";
  readonly message: string;
}

/** A warning after so many rounds of one phase in a row. Where half of all shards are zeros by right, one in 1e9 is so. */
const ROUNDS = 30;

export class ZeroGradientDetector {
  /** Who contributed to the present round, and whether all of it is zeros. */
  #round = new Map<Session, boolean>();
  /** Rounds in a row, by phase; who has answered with something else since is not in it. */
  readonly #streaks = new Map<string, WeakMap<Session, number>>();

  /** Takes in an accepted contribution to the present round. */
  take(node: Session, judgement: Judgement): void {
    this.#round.set(node, judgement === "zero" && this.#round.get(node) !== false);
  }

  /** Ends a round, and returns what is worth a warning now: each node once, until it has answered with something else. */
  endRound(phase: string): readonly ZeroGradientWarning[] {
    const round = this.#round;
    this.#round = new Map();
    const streaks = this.#streaks.get(phase) ?? new WeakMap<Session, number>();
    this.#streaks.set(phase, streaks);
    const sound = [...round.values()].filter((isZero) => !isZero).length;
    const warnings: ZeroGradientWarning[] = [];
    for (const [node, isZero] of round) {
      if (!isZero) streaks.delete(node);
      else if (sound >= (round.size - 1) / 2 && sound > 0) {
        const rounds = (streaks.get(node) ?? 0) + 1;
        streaks.set(node, rounds);
        if (rounds === ROUNDS)
          warnings.push({ code: "WORKER", message: zeroGradientsMessage({ node: node.id, phase, rounds }) });
      } // else most others' are zeros too: that is the loss, of which the guard warns
    }
    return warnings;
  }
}
