// Records that a run can do without (what it tells of itself, its pictures): where they cannot be written, it goes on.
import { messageOf } from "../../shared/errors.ts";

/** Warns of each record that cannot be written: once, and again when it could be written in between. */
export class Unwritten {
  readonly #warn: (message: string) => void;
  readonly #told = new Set<string>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Resolves, never rejects: false where `body` failed. `record` is what is warned of, `lack` what is missing then. */
  async attempt(record: string, lack: string, body: () => Promise<void>): Promise<boolean> {
    try {
      await body();
      this.#told.delete(record);
      return true;
    } catch (error) {
      this.tell(record, lack, messageOf(error));
      return false;
    }
  }

  tell(record: string, lack: string, cause: string): void {
    if (this.#told.has(record)) return;
    this.#told.add(record);
    this.#warn(`cannot write ${record}: ${cause}; the run goes on, ${lack}`);
  }
}
