// Opens a Parquet data set: its footers and labels are read, its pictures when they are taken.
import { GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import { identityOf, openData } from "../files/bytes.ts";
import type { OpenOptions } from "../format.ts";
import type { ImageSource, Picture } from "../source.ts";
import { type ImageColumn, chooseColumns } from "./columns.ts";
import { type ParquetTable, damaged, readTable } from "./file.ts";
import { type ParquetFile, filesOfSplit, findParquetFiles } from "./find.ts";
import { readLabels } from "./labels.ts";
import { readColumn } from "./pages.ts";

/**
 * Files in the order of their names, rows as they lie in them.
 *
 * @throws GanglionError DATA: no such split, no column of pictures, damaged, or pictures that are only named
 */
export async function openParquet(source: string, split: Split, options: OpenOptions): Promise<ImageSource> {
  const { files, notes } = filesOfSplit(source, (await findParquetFiles(source)) ?? [], split);
  const tables = await readTables(files, options);
  const { image, label, notes: ofColumns } = chooseColumns(tables[0]);
  const columns = tables.map((table) => sameColumn(table, image));
  const read = label ? await readLabels(tables, label) : { labels: null, classNames: null, notes: [] };
  const count = tables.reduce((sum, { rows }) => sum + rows, 0);
  if (count === 0)
    throw new GanglionError("DATA", `${source} has no rows in its ${split} split: give a file with pictures`);
  const pictures = (): AsyncGenerator<Picture, void> => picturesOf(tables, columns);
  for await (const _first of pictures()) break; // pictures that are only named are found before anything is decoded
  return {
    format: "Parquet data set",
    identity: ["parquet", image.name, ...(await Promise.all(files.map(({ path }) => identityOf(path))))],
    labels: read.labels,
    classNames: read.classNames,
    notes: [...notes, ...ofColumns, ...read.notes],
    warnings: [],
    content: { kind: "pictures", count, pictures },
  };
}

async function readTables(
  files: readonly ParquetFile[],
  { onProgress }: OpenOptions,
): Promise<readonly ParquetTable[]> {
  const tables: ParquetTable[] = [];
  for (const file of files) {
    tables.push(await readTable(file));
    if (files.length > 1) onProgress?.("reading the tables of contents", tables.length, files.length);
  }
  return tables;
}

function sameColumn(table: ParquetTable, { name }: ImageColumn): ImageColumn {
  const { image } = chooseColumns(table);
  if (image.name === name) return image;
  throw new GanglionError(
    "DATA",
    `${table.file.path} has its pictures in the column ${image.name}, and the first file in ${name}: give files of one data set`,
  );
}

async function* picturesOf(
  tables: readonly ParquetTable[],
  columns: readonly ImageColumn[],
): AsyncGenerator<Picture, void> {
  let index = 0;
  for (const [i, table] of tables.entries()) {
    const { file } = table;
    for await (const { bytes, name, row } of rowsOf(table, columns[i])) {
      if (bytes === null && name !== null && name !== "")
        throw new GanglionError(
          "DATA",
          `${file.path} holds only the name of the picture in row ${row} (${name}), not its bytes: embed the pictures (datasets: embed_table_storage, or push_to_hub), or give the folder of pictures`,
        );
      yield {
        index: index++,
        name: `${file.name} row ${row}${name ? ` (${name})` : ""}`,
        bytes: () => bytes ?? new Uint8Array(0),
      };
    }
  }
}

interface Row {
  readonly row: number;
  readonly bytes: Uint8Array | null;
  readonly name: string | null;
}

async function* rowsOf(table: ParquetTable, { bytes, path }: ImageColumn): AsyncGenerator<Row, void> {
  const handle = await openData(table.file.path);
  const names = path ? readColumn(handle, table, path) : null;
  try {
    let row = 0;
    for await (const value of readColumn(handle, table, bytes)) {
      const name = (await names?.next())?.value ?? null;
      yield {
        row: row++,
        bytes: value instanceof Uint8Array ? value : null,
        name: name instanceof Uint8Array ? Buffer.from(name).toString() : null,
      };
    }
    if (row !== table.rows) throw new Error(`it has ${row} of the ${table.rows} rows that it says`);
  } catch (cause) {
    throw damaged(table.file, cause);
  } finally {
    await handle.close();
  }
}
