// How far a long drawing is, on standard error: in place on a terminal, a line now and then elsewhere.
import { complain } from "../terminal/output.ts";
import { count } from "../terminal/format.ts";
import { openTerminal } from "../terminal/terminal.ts";

const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 5000;

export interface Progress {
  done(images: number): void;
  /** Clears the line. */
  end(): void;
}

export function showProgress(total: number): Progress {
  const isTerminal = process.stderr.isTTY;
  const terminal = openTerminal(process.stderr);
  const started = performance.now();
  let last = started;
  return {
    done(images) {
      const now = performance.now();
      if (images >= total || now - last < (isTerminal ? ON_TERMINAL_MS : ELSEWHERE_MS)) return;
      last = now;
      const text = `${count(images)} of ${count(total)} images, ${count((images * 1000) / (now - started))} a second`;
      if (isTerminal) terminal.live([text]);
      else complain(text);
    },
    end: terminal.clear,
  };
}
