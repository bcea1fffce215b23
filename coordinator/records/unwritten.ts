// Records that a run can do without (stats, sample images): where they cannot be written, it warns and goes on.
import { messageOf } from "../../shared/errors.ts";

/** Warns of each record that cannot be written once, and again only when it could be written in between. */
export class Unwritten {
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Resolves, never rejects: false where `body` failed. The warning names `record`, and `lack`: what is missing then. */
  async attempt(record: string, lack: string, body: () => Promise<void>): Promise<boolean> {
    try {
      await body();
      this.#warned.delete(record);
      return true;
    } catch (error) {
      this.warn(record, lack, messageOf(error));
      return false;
    }
  }

  warn(record: string, lack: string, cause: string): void {
    if (this.#warned.has(record)) return;
    this.#warned.add(record);
    this.#warn(`cannot write ${record}: ${cause}; the run goes on, ${lack}`);
  }
}
