// One Parquet file: its footer, and slices of it.
import type { FileHandle } from "node:fs/promises";
import { type FileMetaData, parquetMetadataAsync } from "hyparquet";
import { GanglionError, messageOf } from "../../errors.ts";
import { readAt, withFile } from "../files/bytes.ts";
import type { ParquetFile } from "./find.ts";

/** A file and its footer; the file itself is opened when something is read. */
export interface ParquetTable {
  readonly file: ParquetFile;
  readonly footer: FileMetaData;
  readonly rows: number;
}

/** Reads the footer. @throws GanglionError DATA when there is none that can be read */
export async function readTable(file: ParquetFile): Promise<ParquetTable> {
  return await withFile(file.path, async (handle) => {
    const { size } = await handle.stat();
    try {
      const footer = await parquetMetadataAsync(
        { byteLength: size, slice: (start, end = size) => sliceOf(handle, start, end) },
        { geoparquet: false },
      );
      return { file, footer, rows: Number(footer.num_rows) };
    } catch (cause) {
      throw damaged(file, cause);
    }
  });
}

async function sliceOf(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = await readAt(handle, start, end - start);
  const buffer = bytes.buffer as ArrayBuffer; // `readAt` makes its own, of which it may have filled a part
  return bytes.length === buffer.byteLength ? buffer : buffer.slice(0, bytes.length);
}

/** One sentence for whatever a damaged file makes a reader say. */
export function damaged(file: ParquetFile, cause: unknown): GanglionError {
  if (cause instanceof GanglionError) return cause;
  return new GanglionError(
    "DATA",
    `${file.path} is no whole Parquet file (${messageOf(cause)}): download or copy it again`,
    { cause },
  );
}
