// The live line, on a terminal that is only a string: what a screen would show after all that was written.
import { expect, test } from "vitest";
import { type Output, openTerminal } from "../../../../deploy/terminal/terminal.ts";

interface Screen extends Output {
  /** The rows, as a terminal of so many columns shows them. */
  rows(): string[];
}

/** Knows what the live line uses: line feed, carriage return, erase to the end of the line, wrapping. */
function screenOf(columns: number, hasColours = false): Screen {
  let written = "";
  const type = (text: string): void => void (written += text);
  return {
    columns,
    isTTY: true,
    hasColors: () => hasColours,
    write: type,
    rows() {
      const rows = [""];
      let at = 0;
      for (const sign of written.replaceAll("\u001B[K", "\f")) {
        if (sign === "\n" || (at === columns && !"\r\f".includes(sign))) at = rows.push("") && 0;
        const row = rows.length - 1;
        if (sign === "\r") at = 0;
        else if (sign === "\f") rows[row] = rows[row].slice(0, at);
        else if (sign !== "\n") rows[row] = rows[row].slice(0, at) + sign + rows[row].slice(++at);
      }
      return rows;
    },
  };
}

test("what is said goes above the live line, which stays the last", () => {
  const screen = screenOf(40);
  const terminal = openTerminal(screen);
  terminal.line("before");
  terminal.live(["step 1"]);
  terminal.line("said");
  terminal.live(["step 2"]);
  expect(screen.rows()).toEqual(["before", "said", "step 2"]);
  terminal.clear();
  terminal.line("after");
  expect(screen.rows()).toEqual(["before", "said", "after", ""]);
});

test("the longest wording that fits is drawn, and the shortest is cut", () => {
  const drawn = (columns: number): string | undefined => {
    const screen = screenOf(columns);
    openTerminal(screen).live(["step 10 of 20", "step 10"]);
    return screen.rows().at(-1);
  };
  // 13 letters, 2 for ^C and 1 that stays free
  expect(drawn(16)).toBe("step 10 of 20");
  expect(drawn(15)).toBe("step 10");
  expect(drawn(8)).toBe("step ");
});

test("the ^C that a terminal shows behind the live line is wiped with it", () => {
  const screen = screenOf(13);
  const terminal = openTerminal(screen);
  terminal.live(["0123456789ab"]);
  screen.write("^C");
  terminal.line("stopping");
  terminal.clear();
  expect(screen.rows()).toEqual(["stopping", ""]);
});

test("nothing is coloured where colours are not wanted", () => {
  const written = (output: Partial<Output>): string => {
    let text = "";
    const write = (piece: string): void => void (text += piece);
    openTerminal({ ...output, write }).line({ text: "warning:", colour: "yellow" }, " a disk is full");
    return text;
  };
  const isTTY = true;
  expect(written({ isTTY, hasColors: () => false })).toBe("warning: a disk is full\n");
  expect(written({})).toBe("warning: a disk is full\n");
  expect(written({ isTTY, hasColors: () => true })).toBe("\u001B[33mwarning:\u001B[39m a disk is full\n");
});

test("what is said cannot steer the terminal, above or in the live line, coloured or not", () => {
  const screen = screenOf(200);
  const terminal = openTerminal(screen);
  const evil = "a\u001B[2J\r\nwarning: b\u202Ec";
  terminal.line({ text: `[${evil}]`, colour: "cyan" }, " ", evil);
  terminal.live([evil]);
  const safe = String.raw`a\x1b[2J\r\nwarning: b\u202ec`;
  expect(screen.rows()).toEqual([`[${safe}] ${safe}`, safe]);
  terminal.clear();
});
