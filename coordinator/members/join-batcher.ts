// Batches joins: nodes that become ready while weights are being sent to others wait for that, and begin together.
//
// Otherwise a hundred nodes that are started at once would be sent a hundred copies of the weights, one by one; together
// they are sent one that the transport fans out.
import { settledWithin } from "../../shared/with-timeout.ts";

/** One that takes longer does not hold up the others. */
const LONGEST_MS = 5000;

export class JoinBatcher<Node> {
  readonly #begin: (together: readonly Node[]) => Promise<unknown>;
  #waiting: Node[] = [];
  #underWay = false;

  /** `begin` sends them what they need; its promise settles when that is sent. */
  constructor(begin: (together: readonly Node[]) => Promise<unknown>) {
    this.#begin = begin;
  }

  /** Begins with it at once, or with all who have come when those before have begun. */
  add(node: Node): void {
    this.#waiting.push(node);
    if (!this.#underWay) void this.#beginAll();
  }

  async #beginAll(): Promise<void> {
    this.#underWay = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      await settledWithin(this.#begin(together), LONGEST_MS);
    }
    this.#underWay = false;
  }
}
