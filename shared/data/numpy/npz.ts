// .npz, a zip archive of arrays: its members are inflated as they are taken.
import { type Entry, type ZipFile, openPromise } from "yauzl";

/** Of np.savez; a zip archive of other things is told by its first other member. */
export async function holdsArraysOnly(file: string): Promise<boolean> {
  try {
    let arrays = 0;
    for await (const { fileName } of entriesOf(file)) {
      if (!fileName.endsWith(".npy")) return false;
      arrays++;
    }
    return arrays > 0;
  } catch {
    return false; // no archive that can be read
  }
}

export interface Member {
  /** Without `.npy`: the name that it was saved under. */
  readonly name: string;
  readonly sizeBytes: number;
  /** From its beginning. @throws Error when the archive is damaged */
  readonly content: () => AsyncGenerator<Buffer, void>;
}

/** @throws Error when it is no archive that can be read */
export async function listMembers(file: string): Promise<readonly Member[]> {
  const members: Member[] = [];
  for await (const { fileName, uncompressedSize } of entriesOf(file))
    members.push({
      name: fileName.replace(/\.npy$/, ""),
      sizeBytes: uncompressedSize,
      content: () => contentOf(file, fileName),
    });
  return members;
}

async function* contentOf(file: string, fileName: string): AsyncGenerator<Buffer, void> {
  for await (const entry of entriesOf(file)) {
    if (entry.fileName !== fileName) continue;
    const stream = await entry.zip.openReadStreamPromise(entry.entry);
    try {
      for await (const piece of stream) yield piece as Buffer;
    } finally {
      stream.destroy();
    }
    return;
  }
  throw new Error(`${fileName} is not in it any more`);
}

interface ZipEntry {
  readonly zip: ZipFile;
  readonly entry: Entry;
  readonly fileName: string;
  readonly uncompressedSize: number;
}

/** The archive is closed after the last. */
async function* entriesOf(file: string): AsyncGenerator<ZipEntry, void> {
  const zip = await openPromise(file, { autoClose: false, lazyEntries: true });
  try {
    for await (const entry of zip.eachEntry())
      yield { zip, entry, fileName: entry.fileName, uncompressedSize: entry.uncompressedSize };
  } finally {
    zip.close();
  }
}
