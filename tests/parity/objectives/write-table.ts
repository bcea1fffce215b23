// Writes the table of docs/objectives.md: how far each loss with each regularizer is from PyTorch's.
//
//   GANGLION_PYTHON=… npx jiti tests/parity/objectives/write-table.ts docs/objectives.md
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOSS_NAMES } from "../../../shared/config/objectives/losses.ts";
import { type Agreement, compareObjectives } from "./compare.ts";

const MARKS = [
  "<!-- pytorch: written by tests/parity/objectives/write-table.ts -->",
  "<!-- /pytorch -->",
] as const;

const [page] = process.argv.slice(2);
if (page === undefined) throw new RangeError("name the page to write, such as docs/objectives.md");
const folder = await mkdtemp(join(tmpdir(), "ganglion-objectives-"));
try {
  const { agreements, torch } = await compareObjectives(folder);
  const text = await readFile(page, "utf8");
  const [before, after] = [text.indexOf(MARKS[0]), text.indexOf(MARKS[1])];
  if (before < 0 || after < before)
    throw new RangeError(`${page} has no ${MARKS.join(" … ")} to write between`);
  const table = `${MARKS[0]}\n\n${tables(agreements)}\n\nPyTorch ${torch}, double precision.\n\n`;
  await writeFile(page, text.slice(0, before) + table + text.slice(after));
} finally {
  await rm(folder, { recursive: true, force: true });
}

function tables(agreements: readonly Agreement[]): string {
  const isCombination = ({ column }: Agreement): boolean => column.includes(" ");
  const pairs = agreements.filter((one) => !isCombination(one));
  const columns = [...new Set(pairs.map(({ column }) => column))];
  const rows = columns.map((column) => {
    const cells = LOSS_NAMES.map((name) => {
      const found = pairs.find((one) => one.loss === name && one.column === column);
      return found ? figure(found) : "–";
    });
    return `| ${[column, ...cells].join(" | ")} |`;
  });
  const combinations = agreements
    .filter(isCombination)
    .map((one) => `| ${one.loss} | ${one.column} | ${figure(one)} |`);
  return [
    `| | ${LOSS_NAMES.join(" | ")} |`,
    `|---|${LOSS_NAMES.map(() => "---|").join("")}`,
    ...rows,
    "",
    "| loss | with | difference |",
    "|---|---|---|",
    ...combinations,
  ].join("\n");
}

function figure({ difference }: Agreement): string {
  return difference.toExponential(1);
}
