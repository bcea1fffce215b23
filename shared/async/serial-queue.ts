// Runs tasks one after the other, in the order in which they were given.

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs the task once all before it have ended, however they did; settles as the task does. */
  add<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined); // whoever added the task hears of it
    return result;
  }

  /** Resolves when every task so far has ended. */
  async finished(): Promise<void> {
    await this.#last;
  }
}
