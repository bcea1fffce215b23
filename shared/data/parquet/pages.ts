// The values of one column, a page at a time: a row group may be as large as its file, a page is about a megabyte.
import type { FileHandle } from "node:fs/promises";
import { type DecodedArray, type RowGroup, type SchemaTree, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parquetHeader } from "hyparquet/src/column.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { decompressPage, readDataPage, readDataPageV2 } from "hyparquet/src/datapage.js";
import { readPlain } from "hyparquet/src/plain.js";
import { getMaxDefinitionLevel, getTreePath } from "hyparquet/src/schema.js";
import { readAt } from "../files/bytes.ts";
import type { ParquetTable } from "./file.ts";

export type Value = Uint8Array | number | bigint | boolean | null;
type PageHeader = ReturnType<typeof parquetHeader>;
type Decoder = Parameters<typeof readDataPage>[2];

const HEADER_BYTES = 16 * 1024;
/** A page that claims more is none. */
const MOST_PAGE_BYTES = 2 ** 30;

/**
 * The values of a column that holds no lists, row by row, null where there is none. Memory: a page of the file, and the
 * column's dictionary. Bytes are views of the page.
 *
 * @throws Error when the file is damaged
 */
export async function* readColumn(
  handle: FileHandle,
  { footer }: ParquetTable,
  { path }: SchemaTree,
): AsyncGenerator<Value, void> {
  const schemaPath = getTreePath(parquetSchema(footer), path);
  for (const group of footer.row_groups) yield* readChunk(handle, group, schemaPath, path);
}

async function* readChunk(
  handle: FileHandle,
  group: RowGroup,
  schemaPath: SchemaTree[],
  path: readonly string[],
): AsyncGenerator<Value, void> {
  const chunk = group.columns.find(
    ({ meta_data }) => meta_data?.path_in_schema.join("\0") === path.join("\0"),
  );
  const about = chunk?.meta_data;
  if (!about) throw new Error(`its column ${path.join(".")} is encrypted or missing`);
  if (chunk.file_path)
    throw new Error(`its column ${path.join(".")} lies in another file, ${chunk.file_path}`);
  const decoder: Decoder = {
    pathInSchema: [...path],
    type: about.type,
    element: schemaPath[schemaPath.length - 1].element,
    schemaPath,
    codec: about.codec,
    parsers: DEFAULT_PARSERS,
    compressors,
    utf8: false,
  };
  const most = getMaxDefinitionLevel(schemaPath);
  const first = Number(about.data_page_offset);
  let position = Math.min(Number(about.dictionary_page_offset ?? 0) || first, first);
  const end = position + Number(about.total_compressed_size);
  let dictionary: DecodedArray | null = null;
  for (let left = Number(about.num_values); left > 0;) {
    const { header, headerBytes } = await readHeader(handle, position, end);
    const size = header.compressed_page_size;
    position += headerBytes;
    if (!(size >= 0 && position + size <= end && header.uncompressed_page_size <= MOST_PAGE_BYTES))
      throw new Error(`a page of ${size} bytes does not fit in its column`);
    const page = await readAt(handle, position, size);
    if (page.length < size) throw new Error("it ends inside of a page");
    position += size;
    if (header.type === "DICTIONARY_PAGE") dictionary = readDictionary(page, header, decoder);
    else if (header.type === "DATA_PAGE" || header.type === "DATA_PAGE_V2") {
      const count = (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
      if (count < 1 || count > left) throw new Error(`a page claims ${count} of the ${left} values left`);
      const values = readValues(page, header, decoder, dictionary, most);
      left -= values.length;
      yield* values;
    }
  }
}

/** A header has no length but its own end: more is read until it parses. */
async function readHeader(
  handle: FileHandle,
  position: number,
  end: number,
): Promise<{ readonly header: PageHeader; readonly headerBytes: number }> {
  for (let length = HEADER_BYTES; ; length *= 8) {
    const bytes = await readAt(handle, position, Math.max(0, Math.min(length, end - position)));
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    try {
      const header = parquetHeader(reader);
      return { header, headerBytes: reader.offset };
    } catch (error) {
      if (bytes.length < length) throw error; // all there is was read
    }
  }
}

function readDictionary(page: Uint8Array, header: PageHeader, decoder: Decoder): DecodedArray {
  const about = header.dictionary_page_header;
  if (!about) throw new Error("a dictionary has no header");
  const bytes = decompressPage(page, header.uncompressed_page_size, decoder.codec, decoder.compressors);
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  return readPlain(reader, decoder.type, about.num_values, decoder.element.type_length);
}

function readValues(
  page: Uint8Array,
  header: PageHeader,
  decoder: Decoder,
  dictionary: DecodedArray | null,
  most: number,
): Value[] {
  const about = header.data_page_header ?? header.data_page_header_v2;
  if (!about) throw new Error("a page has no header");
  const { definitionLevels, dataPage } = header.data_page_header
    ? readDataPage(
        decompressPage(page, header.uncompressed_page_size, decoder.codec, decoder.compressors),
        header.data_page_header,
        decoder,
      )
    : readDataPageV2(page, header, decoder);
  const isIndexed = about.encoding === "RLE_DICTIONARY" || about.encoding === "PLAIN_DICTIONARY";
  if (isIndexed && !dictionary) throw new Error("a page has no dictionary");
  let next = 0;
  const take = (): Value => {
    const value = dataPage[next++] as Value;
    const found = isIndexed ? (dictionary![Number(value)] as Value) : value;
    if (found === undefined) throw new Error("a page has fewer values than it says");
    return found;
  };
  const levels = definitionLevels?.length ? definitionLevels : null;
  return Array.from({ length: about.num_values }, (_, row) =>
    levels && levels[row] !== most ? null : take(),
  );
}
