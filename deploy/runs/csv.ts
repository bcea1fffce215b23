// A run's stats as CSV: one row a step, one column for every key that any line has.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type StatsLine, statsLineOf } from "../../coordinator/records/stats/stats-line.ts";
import { isRegularFile } from "../../shared/regular-file.ts";

/**
 * Lines as RFC 4180 has them, with a header; nothing where there are no stats. An evaluation stands in the row of its
 * step. What is no number (NaN, infinite) is empty. The file is read twice, and never held as a whole.
 */
export async function* csvOf(file: string): AsyncGenerator<string> {
  const columns = new Set<string>();
  for await (const line of linesOf(file)) for (const key of Object.keys(line)) columns.add(key);
  if (columns.size === 0) return;
  yield rowOf([...columns].map(cell));
  let row = null as StatsLine | null;
  for await (const line of linesOf(file)) {
    if (row && row["step"] !== line["step"]) yield numbersOf(row, columns);
    row = row && row["step"] === line["step"] ? { ...row, ...line } : line;
  }
  if (row) yield numbersOf(row, columns);
}

async function* linesOf(file: string): AsyncGenerator<StatsLine> {
  if (!(await isRegularFile(file))) return;
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const text of lines) {
    const line = parsed(text);
    if (line) yield line;
  }
}

/** Null for the last line of a run that is just writing it. */
function parsed(text: string): StatsLine | null {
  try {
    return statsLineOf(JSON.parse(text));
  } catch {
    return null;
  }
}

function numbersOf(line: StatsLine, columns: ReadonlySet<string>): string {
  return rowOf(
    [...columns].map((key) => {
      const value = Object.hasOwn(line, key) ? line[key] : Number.NaN;
      return Number.isFinite(value) ? String(value) : "";
    }),
  );
}

function rowOf(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
