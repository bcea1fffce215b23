// How far a long drawing is, on standard error: in place on a terminal, a line now and then elsewhere.
import { complain } from "../terminal/output.ts";
import { count } from "../terminal/format.ts";

const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 5000;

export interface Progress {
  done(images: number): void;
  /** Clears the line. */
  end(): void;
}

export function showProgress(total: number): Progress {
  const isTerminal = process.stderr.isTTY;
  const started = performance.now();
  let last = started;
  let isShown = false;
  return {
    done(images) {
      const now = performance.now();
      if (images >= total || now - last < (isTerminal ? ON_TERMINAL_MS : ELSEWHERE_MS)) return;
      last = now;
      const text = `${count(images)} of ${count(total)} images, ${count((images * 1000) / (now - started))} a second`;
      if (isTerminal) process.stderr.write(`\r${text}\u001B[K`);
      else complain(text);
      isShown = true;
    },
    end() {
      if (isShown && isTerminal) process.stderr.write("\r\u001B[K");
    },
  };
}
