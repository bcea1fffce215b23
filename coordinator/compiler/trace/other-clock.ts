// A clock that is wrong on purpose: what looks at the time shows itself by what it computes.
import { pathToFileURL } from "node:url";

/** Not a multiple of a second, an hour or a day, and more than float32 rounds away: 1,234 days and some. */
const SHIFT_MS = 106_640_123_457;

/** Runs `fn`, which must be synchronous, with `Date` and `performance.now` ahead of their time. */
export function withOtherClock<T>(fn: () => T): T {
  const restore = shiftClocks(() => true);
  try {
    return fn();
  } finally {
    restore();
  }
}

/** Loads a module whose own code finds the clocks ahead; whatever else runs meanwhile finds them right. */
export async function loadWithOtherClock<T>(file: string, load: () => Promise<T>): Promise<T> {
  const names = [file, pathToFileURL(file).pathname];
  const restore = shiftClocks(() => {
    const { stack = "" } = new Error("who asks for the time?");
    return names.some((name) => stack.includes(name));
  });
  try {
    return await load();
  } finally {
    restore();
  }
}

function shiftClocks(isAhead: () => boolean): () => void {
  const usual = globalThis.Date;
  const now = performance.now.bind(performance);
  const shift = (): number => (isAhead() ? SHIFT_MS : 0);
  class OtherDate extends usual {
    constructor(...given: [] | [value: number | string | Date]) {
      if (given.length === 0) super(OtherDate.now());
      else super(...given);
    }
    static override now(): number {
      return usual.now() + shift();
    }
  }
  globalThis.Date = OtherDate as DateConstructor;
  performance.now = () => now() + shift();
  return () => {
    globalThis.Date = usual;
    performance.now = now;
  };
}
