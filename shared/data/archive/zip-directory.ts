// The central directory of a zip archive, entry by entry.
import { closeSync, openSync, readSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import { GanglionError, messageOf } from "../../errors.ts";
import { damaged } from "./entries.ts";

export interface DirectoryEntry {
  /** Its name is as it stands there: bytes. */
  readonly entry: Entry;
  /** Entries so far, this one included, and in all. */
  readonly done: number;
  readonly total: number;
}

/** Entries between two turns of the event loop: some milliseconds. */
const ENTRIES_A_TURN = 1000;

/** @throws GanglionError DATA for a directory that is damaged or not there */
export async function* zipDirectory(
  archive: string,
  sizeBytes: number,
): AsyncGenerator<DirectoryEntry, void> {
  const file = openSync(archive, "r");
  try {
    const zip = await openZip(new WindowReader(file), sizeBytes);
    let done = 0;
    for await (const entry of zip.eachEntry()) {
      yield { entry, done: ++done, total: zip.entryCount };
      if (done % ENTRIES_A_TURN === 0) await nextTurn();
    }
  } catch (cause) {
    throw unreadable(archive, cause);
  } finally {
    closeSync(file);
  }
}

function unreadable(archive: string, cause: unknown): GanglionError {
  if (cause instanceof GanglionError) return cause;
  const reason = messageOf(cause);
  if (!/not supported/.test(reason)) return damaged(archive, reason, cause);
  // Kinds of zip: in several parts, or encrypted as a whole.
  return new GanglionError("DATA", `${archive} cannot be read (${reason}): unpack it, and give the folder`, {
    cause,
  });
}

function openZip(reader: yauzl.RandomAccessReader, sizeBytes: number): Promise<ZipFile> {
  return yauzl.fromRandomAccessReaderPromise(reader, sizeBytes, { decodeStrings: false, lazyEntries: true });
}

/** Reads ahead: a directory is read in small pieces, one after the other. */
class WindowReader extends yauzl.RandomAccessReader {
  private window = Buffer.alloc(0);
  private start = 0;

  constructor(private readonly file: number) {
    super();
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    try {
      if (position < this.start || position + length > this.start + this.window.length)
        this.fill(position, length);
      const from = position - this.start;
      callback(null, this.window.copy(target, offset, from, from + length));
    } catch (error) {
      callback(error as Error);
    }
  }

  private fill(position: number, length: number): void {
    const window = Buffer.allocUnsafe(Math.max(WINDOW_BYTES, length));
    let filled = 0;
    while (filled < window.length) {
      const read = readSync(this.file, window, filled, window.length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    this.window = window.subarray(0, filled);
    this.start = position;
  }
}

const WINDOW_BYTES = 2 ** 18;
