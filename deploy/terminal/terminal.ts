// Standard output with one live line at its end: what is said goes above it, and it is drawn again below.
//
// The only control sequences that reach the terminal are those of this file.
import { printable } from "../../shared/printable.ts";

/** Where lines go; `process.stdout` in the program. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  hasColors?(): boolean;
}

export type Colour = "green" | "yellow" | "blue" | "magenta" | "cyan";

export interface Terminal {
  /** A line that stays, made of these pieces. */
  readonly line: (...pieces: readonly (string | Coloured)[]) => void;
  /** What the live line is to show: wordings of one thing, the longest first. The first that fits is drawn. */
  readonly live: (wordings: readonly string[]) => void;
  /** Removes the live line, so that what others write starts at the left. */
  readonly clear: () => void;
}

/** Shown as it is where colours are not wanted (NO_COLOR) or not there. */
export interface Coloured {
  readonly text: string;
  readonly colour: Colour;
}

/** Columns that stay free: a terminal shows Ctrl-C as `^C` behind the live line, which must not wrap. */
const ECHO_COLUMNS = 2;

const ERASE = "\r\u001B[K";

export function openTerminal(output: Output): Terminal {
  const hasColours = output.isTTY === true && output.hasColors?.() === true;
  let wordings: readonly string[] = [];
  const erase = (): void => void output.write(ERASE);
  const draw = (): void => void output.write(`${ERASE}${fitting(wordings, columnsOf(output))}`);
  const shown = (piece: string | Coloured): string => {
    if (typeof piece === "string") return printable(piece);
    const text = printable(piece.text);
    return hasColours ? `\u001B[${CODES[piece.colour]}m${text}\u001B[39m` : text;
  };
  const clear = (): void => {
    if (wordings.length === 0) return;
    wordings = [];
    process.off("exit", clear);
    erase();
  };
  return {
    line(...pieces) {
      const isBelow = wordings.length > 0;
      output.write(`${isBelow ? ERASE : ""}${pieces.map(shown).join("")}\n`);
      if (isBelow) draw();
    },
    live(next) {
      if (wordings.length === 0) process.on("exit", clear); // a second Ctrl-C: the prompt gets a line of its own
      wordings = next.map(printable);
      draw();
    },
    clear,
  };
}

const CODES: Readonly<Record<Colour, number>> = {
  green: 32,
  yellow: 33,
  blue: 94, // the bright one: the other is hardly seen on black
  magenta: 35,
  cyan: 36,
};

/** One column less than there are, or some terminals wrap. */
function columnsOf({ columns }: Output): number {
  return Math.max(1, (columns || 80) - 1 - ECHO_COLUMNS);
}

function fitting(wordings: readonly string[], columns: number): string {
  return wordings.find(({ length }) => length <= columns) ?? wordings.at(-1)!.slice(0, columns);
}
