// Recognizes dead ReLUs: layers whose ReLU gives 0 for every image, and behind which nothing is learned any more.
import { deadMessage } from "./game-messages.ts";
import type { Look } from "./images/look.ts";

export interface DeadWarning {
  readonly code: "DEAD_RELU";
  readonly network: string;
  readonly message: string;
}

/** Probes in a row. */
const PROBES = 2;
/** Rounds in a row in which the gradient of a layer before it is exactly zero. */
const ROUNDS = 30;

export class DeadRelus {
  /** By layer, probes in a row in which its ReLU was 0. */
  readonly #dead = new Map<string, number>();

  /** `zeros`: by layer, rounds in a row in which its gradient was exactly zero. */
  observe({ relus, rows }: Look, zeros: ReadonlyMap<string, number>): DeadWarning | null {
    for (const [layer, largest] of relus)
      this.#dead.set(layer, largest <= 0 ? (this.#dead.get(layer) ?? 0) + 1 : 0);
    const images = Object.values(rows)[0]?.length ?? 0;
    for (const [layer, probes] of this.#dead) {
      if (probes < PROBES) continue;
      const network = layer.split("/", 1)[0];
      const starved = [...zeros].filter(
        ([name, rounds]) => name.startsWith(`${network}/`) && rounds >= ROUNDS,
      );
      if (starved.length === 0) continue; // what it cuts may go another way
      const [before, rounds] = starved[starved.length - 1];
      return { code: "DEAD_RELU", network, message: deadMessage({ layer, images, before, rounds }) };
    }
    return null;
  }
}
