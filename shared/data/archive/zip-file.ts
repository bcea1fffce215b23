// One file of a zip archive, read by its place, inflated and checked.
import { promisify } from "node:util";
import { constants, crc32, inflateRaw, inflateRawSync } from "node:zlib";
import { SMALL_BYTES, readAt, readRange } from "../tree/read-file.ts";
import type { TreeFile } from "../tree/tree.ts";

export interface ZipFile extends TreeFile {
  /** Of its local header. */
  readonly offset: number;
  readonly storedBytes: number;
  readonly isDeflated: boolean;
  readonly crc32: number;
}

const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER = 0x04034b50;
/** Above it another thread inflates. */
const SMALL_DEFLATED_BYTES = SMALL_BYTES / 4;
const inflateElsewhere = promisify(inflateRaw);

/**
 * All of it.
 *
 * @throws Error where it is not what the archive's directory says: one file that is damaged, others may be sound
 */
export async function readZipFile(archive: string, file: ZipFile): Promise<Uint8Array> {
  const bytes = await inflate(archive, file);
  if (bytes.length !== file.sizeBytes)
    throw new Error(`it has ${bytes.length} bytes, and ${file.sizeBytes} by the archive's directory`);
  if (crc32(bytes) !== file.crc32)
    throw new Error("it does not have the checksum of the archive's directory");
  return bytes;
}

/** The first bytes, up to `length` of them; fewer, or none, where it is shorter or damaged. */
export function readZipHead(archive: string, file: ZipFile, length: number): Uint8Array {
  try {
    const stored = readAt(archive, dataOffset(archive, file), Math.min(file.storedBytes, HEAD_STORED_BYTES));
    if (!file.isDeflated) return stored.subarray(0, length);
    const head = inflateRawSync(stored, { finishFlush: constants.Z_SYNC_FLUSH });
    return head.subarray(0, length);
  } catch {
    return new Uint8Array(); // what is no picture for sure is passed over, and told of
  }
}

/** Inflate to at most 1,032 times as much. */
const HEAD_STORED_BYTES = 512;

async function inflate(archive: string, file: ZipFile): Promise<Uint8Array> {
  const stored = await readRange(archive, dataOffset(archive, file), file.storedBytes);
  if (stored.length < file.storedBytes) throw new Error("it ends early");
  if (!file.isDeflated) return stored;
  // One byte more shows that it inflates to more than it says, and no more than that is inflated.
  const options = { maxOutputLength: file.sizeBytes + 1 };
  return file.storedBytes > SMALL_DEFLATED_BYTES
    ? await inflateElsewhere(stored, options)
    : inflateRawSync(stored, options);
}

/** Behind the local header, whose length only it knows itself. */
function dataOffset(archive: string, { offset }: ZipFile): number {
  const header = Buffer.from(readAt(archive, offset, LOCAL_HEADER_BYTES));
  if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL_HEADER)
    throw new Error("it is not where the archive's directory says");
  return offset + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
}
