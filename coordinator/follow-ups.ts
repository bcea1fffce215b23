// What an update leaves to be written, for ledger and stats: while the nodes compute the next round.

/** In the order in which it was given; `settle` is called before anything that rests on it. */
export class FollowUps {
  #waiting: (() => void)[] = [];
  #turn: NodeJS.Immediate | undefined;
  #failure: { readonly error: unknown } | null = null;

  /** Does it in a later turn of the event loop: what was sent before is on its way by then. */
  later(work: () => void): void {
    this.#waiting.push(work);
    this.#turn ??= setImmediate(() => this.#run());
  }

  /**
   * Does now what is left.
   *
   * @throws what some of it threw, now or earlier; what was given after that is never done
   */
  settle(): void {
    this.#run();
    if (this.#failure) throw this.#failure.error;
  }

  /** Does now what is left, where something else has ended the run: what it throws would hide why. */
  close(): void {
    this.#run();
  }

  #run(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    try {
      for (let work; !this.#failure && (work = this.#waiting.shift());) work();
    } catch (error) {
      this.#failure = { error };
      this.#waiting = [];
    }
  }
}
