// The labels of a Parquet data set, as numbers, and the names of its classes.
import { GanglionError } from "../../errors.ts";
import { withFile } from "../files/bytes.ts";
import type { Labels } from "../labels.ts";
import { sharedLabels } from "../shared-memory.ts";
import { sortedByPath } from "../tree/path-order.ts";
import { type LabelColumn, chooseColumns } from "./columns.ts";
import { type ParquetTable, damaged } from "./file.ts";
import { readColumn } from "./pages.ts";

export interface ReadLabels {
  readonly labels: Labels | null;
  readonly classNames: readonly string[] | null;
  readonly notes: readonly string[];
}

/**
 * Of all files, row by row. Labels that are texts become classes in the order of their code points; a split in which every
 * label is missing, or -1 as Hugging Face writes for that, has none.
 *
 * @throws GanglionError DATA when some rows have labels and others have none, or a label is no class
 */
export async function readLabels(
  tables: readonly ParquetTable[],
  { name, kind, names }: LabelColumn,
): Promise<ReadLabels> {
  const values: (number | string | null)[] = [];
  const withoutLabel: string[] = [];
  for (const table of tables) {
    const firstRow = values.length;
    const label = chooseColumns(table).label; // its place may differ from file to file
    if (label?.name !== name || label.kind !== kind)
      throw new GanglionError(
        "DATA",
        `${table.file.path} has no column ${name} of ${kind} for its labels, as the first file has: give files of one data set`,
      );
    try {
      await withFile(table.file.path, async (handle) => {
        for await (const value of readColumn(handle, table, label.leaf)) {
          const read = value instanceof Uint8Array ? Buffer.from(value).toString() : value;
          const isMissing = read === null || read === "" || Number(read) === -1;
          if (isMissing && withoutLabel.length === 0)
            withoutLabel.push(`${table.file.path} row ${values.length - firstRow}`);
          values.push(isMissing ? null : typeof read === "string" ? read : Number(read));
        }
      });
      if (values.length - firstRow !== table.rows)
        throw new Error(`it has ${values.length - firstRow} labels for ${table.rows} rows`);
    } catch (cause) {
      throw damaged(table.file, cause);
    }
  }
  if (withoutLabel.length > 0) {
    if (values.every((value) => value === null))
      return { labels: null, classNames: null, notes: [`every ${name} is missing: no labels`] };
    throw new GanglionError(
      "DATA",
      `${withoutLabel[0]} has no ${name}, and other rows have one: give each row a label, or leave the column out`,
    );
  }
  return { ...numbered(values as (number | string)[], name, names), notes: [] };
}

function numbered(
  values: readonly (number | string)[],
  column: string,
  names: readonly string[] | null,
): Pick<ReadLabels, "labels" | "classNames"> {
  if (values.every((value) => typeof value === "number")) {
    const wrong = values.findIndex((value) => value < 0 || value >= (names?.length ?? 2 ** 31));
    if (wrong >= 0)
      throw new GanglionError(
        "DATA",
        `row ${wrong} has the ${column} ${values[wrong]}: give labels from 0 to ${(names?.length ?? 2 ** 31) - 1}`,
      );
    return { labels: sharedLabels(values), classNames: names };
  }
  const classNames = sortedByPath([...new Set(values.map(String))], (name) => name);
  const numberOf = new Map(classNames.map((name, number) => [name, number]));
  return { labels: sharedLabels(values.map((value) => numberOf.get(String(value))!)), classNames };
}
