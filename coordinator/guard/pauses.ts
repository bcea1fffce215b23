// How often the guard says the same thing: at once, and again after a pause that doubles every time.

/** Steps until the same warning is given again. */
const FIRST_PAUSE = 200;

export class Pauses {
  readonly #pauses = new Map<string, { until: number; steps: number }>();

  /** Whether a warning of this code about this network may be given now; then it counts as given. */
  isDue(step: number, code: string, network: string): boolean {
    const key = `${code} ${network}`;
    const pause = this.#pauses.get(key);
    if (pause && step < pause.until) return false;
    const steps = pause ? 2 * pause.steps : FIRST_PAUSE;
    this.#pauses.set(key, { until: step + steps, steps });
    return true;
  }
}
