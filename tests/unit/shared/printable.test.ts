// Text of others on a terminal: shown, and nothing more.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { printable, printableMessage, printableText } from "../../../shared/printable.ts";

test.each([
  ["clears the screen", "a\u001B[2Jb", String.raw`a\x1b[2Jb`],
  ["begins a line", "a\nganglion: done\r\tb", String.raw`a\nganglion: done\r\tb`],
  ["is a C1 control", "a\u009B2Jb\u0085c\u007Fd", String.raw`a\x9b2Jb\x85c\x7fd`],
  ["turns the direction", "a\u202Eb\u2066c\u061Cd", String.raw`a\u202eb\u2066c\u061cd`],
  ["is a separator", "a\u2028b\u2029c", String.raw`a\u2028b\u2029c`],
  ["has no width", "a\u200Bb\uFEFFc\u00ADd\u{E0041}", String.raw`a\u200bb\ufeffc\xadd\u{e0041}`],
  ["is half a character", "a\uD83Db", String.raw`a\ud83db`],
])("what %s is shown as an escape", (_what, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("letters of every script, blanks and pictures stay as they are", () => {
  const text = "Größe 3 × 4 … größer, 数字, أرقام, 🙂 — `[x]` \\n";
  expect(printable(text)).toBe(text);
});

test("a text without end is cut", () => {
  const shown = printable("\u001B".repeat(1_000_000));
  expect([shown.length, shown.at(-1)]).toEqual([4000, "…"]);
});

test("further lines of a message are set in, so that none looks like a message of its own", () => {
  expect(printableMessage("no engine works\n  graph: no\nganglion: done\r\nwarning: x\u001B[1A\n")).toBe(
    String.raw`no engine works
  graph: no
  ganglion: done
  warning: x\x1b[1A`,
  );
});

test("lines that the program lays out stay lines, of any length", () => {
  const long = "x".repeat(10_000);
  expect(printableText(`a\n\u001B[2J${long}\n`)).toBe(`a\n\\x1b[2J${long}\n`);
});

test("nothing in the program writes to a terminal beside the places that make text safe", async () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const writers: string[] = [];
  for (const room of ["coordinator", "deploy", "shared", "worker"]) {
    for (const file of await readdir(join(root, room), { recursive: true })) {
      const isElsewhere = file.startsWith("bench/") || file.startsWith("dashboard/page/"); // a browser's
      if (!file.endsWith(".ts") || isElsewhere) continue;
      const source = await readFile(join(root, room, file), "utf8");
      if (/process\.std(out|err)\.write|console\.(log|warn|error|info)\(/.test(source))
        writers.push(`${room}/${file}`);
    }
  }
  expect(writers.toSorted()).toEqual(["deploy/terminal/output.ts", "shared/log.ts"]);
});
