// A tar archive as a tree. A plain one is read by the places of its files, a gzipped one from its begin, each time anew.
import { GanglionError } from "../../errors.ts";
import type { OnProgress } from "../format.ts";
import type { Picture } from "../source.ts";
import { isPictureName } from "../tree/names.ts";
import { SIGNATURE_BYTES, beginsLikePicture } from "../tree/picture-signature.ts";
import { readRange } from "../tree/read-file.ts";
import type { FileTree, TreeFile } from "../tree/tree.ts";
import { ArchiveEntries, archiveIdentity, damaged } from "./entries.ts";
import { TarEnd, type TarEntry, tarBytes, tarEntries } from "./tar-entries.ts";

interface TarFile extends TreeFile {
  /** Of its content, in the tar without gzip: in the order of the archive. */
  readonly offset: number;
}

/** @throws GanglionError DATA for an archive that is damaged or out of bounds, and for links in it */
export async function tarTree(
  archive: string,
  gzipLayers: number,
  onProgress?: OnProgress,
): Promise<FileTree<TarFile>> {
  const identity = await archiveIdentity(archive);
  const entries = new ArchiveEntries<TarFile>(archive);
  const totalBytes = await tarBytes(archive, gzipLayers);
  let count = 0;
  const end = new TarEnd();
  for await (const entry of tarEntries(archive, gzipLayers, { end })) {
    const path = entries.pathOf(entry.name);
    if (path !== null) await addEntry(entries, path, entry);
    const readBytes = entry.offset + entry.sizeBytes;
    if (++count % ENTRIES_A_NEWS === 0)
      onProgress?.("listing, in bytes", readBytes, Math.max(totalBytes, readBytes));
  }
  const { files, folders, hidden, notes } = entries;
  const isGzipped = gzipLayers > 0;
  return {
    isArchive: true,
    format: isGzipped ? "gzipped tar archive" : "tar archive",
    source: archive,
    files,
    folders,
    hidden,
    notes,
    warnings: end.isMarked
      ? []
      : [`${archive} lacks the mark that ends a tar: if pictures are missing, copy it again`],
    identityOf: () => identity,
    read: (file) => (isGzipped ? readStreamed(archive, gzipLayers, file) : readPlain(archive, file)),
    pictures: (chosen) =>
      isGzipped ? streamedPictures(archive, gzipLayers, chosen) : plainPictures(archive, chosen),
  };
}

const ENTRIES_A_NEWS = 1000;

async function addEntry(entries: ArchiveEntries<TarFile>, path: string, entry: TarEntry): Promise<void> {
  const { type, sizeBytes, offset } = entry;
  switch (type) {
    case "file":
    case "contiguous-file": {
      const isPicture = isPictureName(path) || beginsLikePicture(await headOf(entry));
      if (isPicture) entries.refuseLarge(path, sizeBytes);
      return entries.addFile({ path, sizeBytes, isPicture, offset });
    }
    case "directory":
      return entries.addFolder(path);
    case "symlink":
    case "link":
      throw entries.refused(
        path,
        "is a link",
        "pack the archive again with the files themselves (tar --dereference --hard-dereference)",
      );
    case "character-device":
    case "block-device":
    case "fifo":
    case null:
      return entries.addSpecial(path);
    default:
      return type satisfies never;
  }
}

async function headOf(entry: TarEntry): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  // To the end: who leaves the loop ends the archive.
  for await (const piece of entry.content()) {
    if (length < SIGNATURE_BYTES) pieces.push(piece);
    length += piece.length;
  }
  return Buffer.concat(pieces);
}

async function* plainPictures(archive: string, chosen: readonly TarFile[]): AsyncGenerator<Picture> {
  const ordered = chosen.map((file, index) => ({ file, index }));
  for (const { file, index } of ordered.sort((a, b) => a.file.offset - b.file.offset))
    yield { index, name: file.path, bytes: () => readPlain(archive, file) };
}

async function readPlain(archive: string, { path, offset, sizeBytes }: TarFile): Promise<Uint8Array> {
  const bytes = await readRange(archive, offset, sizeBytes);
  if (bytes.length < sizeBytes) throw damaged(archive, `${path} ends early`);
  return bytes;
}

async function readStreamed(archive: string, gzipLayers: number, file: TarFile): Promise<Uint8Array> {
  for await (const picture of streamedPictures(archive, gzipLayers, [file])) return picture.bytes();
  throw changed(archive);
}

/** One file is in memory until the next is asked for. */
async function* streamedPictures(
  archive: string,
  gzipLayers: number,
  chosen: readonly TarFile[],
): AsyncGenerator<Picture> {
  const wanted = new Map(chosen.map((file, index) => [file.offset, { file, index }]));
  for await (const entry of tarEntries(archive, gzipLayers)) {
    if (wanted.size === 0) return;
    const found = wanted.get(entry.offset);
    if (!found || found.file.sizeBytes !== entry.sizeBytes) continue;
    wanted.delete(entry.offset);
    const pieces: Uint8Array[] = [];
    for await (const piece of entry.content()) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    yield { index: found.index, name: found.file.path, bytes: () => bytes };
  }
  if (wanted.size > 0) throw changed(archive);
}

function changed(archive: string): GanglionError {
  return new GanglionError("DATA", `${archive} changed while it was read: start again when it is whole`);
}
