// Parquet as Hugging Face writes image sets: encoded pictures in one column, their labels in another.
import type { DataFormat } from "../format.ts";

export const parquet: DataFormat = {
  name: "parquet",
  isBuiltIn: false,
  takes: "Parquet with a column of pictures",
  // Loaded when a path is looked at: the table is part of every command.
  recognizes: async (path) => (await (await import("./find.ts")).findParquetFiles(path)) !== null,
  open: async (path, split, options) => (await import("./open.ts")).openParquet(path, split, options),
};
