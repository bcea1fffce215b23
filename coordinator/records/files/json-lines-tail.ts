// Reads the end of a file of JSON lines without the rest: it may be gigabytes, and is being written.
import { openRegularFile } from "../../../shared/regular-file.ts";

/** Where no line is found in so much of the file's end, there is none worth looking for. */
const MOST_BYTES = 16 << 20; // by default

/** What `pick` made of a line; null if there is none near the end. And when the file was last written, ms since 1970. */
export interface Tail<T> {
  readonly line: T | null;
  readonly writtenAt: number;
}

/**
 * The last whole line of `file` for which `pick` returns something. A last line without its newline is still being
 * written, and one that is no JSON was torn by a crash: both are skipped. A missing file is taken as an empty one, written
 * at 0.
 *
 * @throws the system's error when the file cannot be read
 */
export async function findLastJsonLine<T>(
  file: string,
  pick: (value: unknown) => T | null,
  mostBytes = MOST_BYTES,
): Promise<Tail<T>> {
  const handle = await openRegularFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (!handle) return { line: null, writtenAt: 0 };
  try {
    const { size, mtimeMs: writtenAt } = await handle.stat();
    for (let length = Math.min(size, 64 << 10); ; length = Math.min(size, 4 * length)) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      const line = lastLine(buffer.subarray(0, bytesRead), pick);
      if (line !== null || length === size || length > mostBytes) return { line, writtenAt };
    }
  } finally {
    await handle.close();
  }
}

/** The first line may lack its beginning; then it is no JSON either. */
function lastLine<T>(bytes: Buffer, pick: (value: unknown) => T | null): T | null {
  let end = bytes.lastIndexOf("\n");
  while (end >= 0) {
    const start = end === 0 ? -1 : bytes.lastIndexOf("\n", end - 1);
    const found = picked(bytes.toString("utf8", start + 1, end), pick);
    if (found !== null) return found;
    end = start;
  }
  return null;
}

function picked<T>(line: string, pick: (value: unknown) => T | null): T | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null; // torn by a crash
  }
  return pick(value);
}
