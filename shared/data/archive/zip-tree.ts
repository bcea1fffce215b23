// A zip archive as a tree: listed by its central directory, its files read by their places.
import { isUtf8 } from "node:buffer";
import { constants } from "node:fs";
import { stat } from "node:fs/promises";
import yauzl, { type Entry } from "yauzl";
import type { OnProgress } from "../format.ts";
import type { Picture } from "../source.ts";
import { isPictureName } from "../tree/names.ts";
import { SIGNATURE_BYTES, beginsLikePicture } from "../tree/picture-signature.ts";
import type { FileTree } from "../tree/tree.ts";
import { ArchiveEntries, archiveIdentity, refuseBomb } from "./entries.ts";
import { zipDirectory } from "./zip-directory.ts";
import { type ZipFile, readZipFile, readZipHead } from "./zip-file.ts";

/** @throws GanglionError DATA for an archive that is damaged, encrypted, or out of bounds */
export async function zipTree(archive: string, onProgress?: OnProgress): Promise<FileTree<ZipFile>> {
  const { size } = await stat(archive);
  const identity = await archiveIdentity(archive);
  const entries = new ArchiveEntries<ZipFile>(archive);
  let inflatedBytes = 0;
  for await (const { entry, done, total } of zipDirectory(archive, size)) {
    const path = entries.pathOf(nameOf(entry));
    if (path !== null) {
      if (isFolder(entry)) entries.addFolder(path);
      else entries.addFile(zipFile(archive, entries, path, entry));
    }
    inflatedBytes += entry.uncompressedSize;
    refuseBomb(archive, size, inflatedBytes);
    if (done % ENTRIES_A_NEWS === 0 || done === total) onProgress?.("listing", done, total);
  }
  const { files, folders, hidden, notes } = entries;
  return {
    format: "zip archive",
    isArchive: true,
    source: archive,
    files,
    folders,
    hidden,
    notes,
    warnings: [],
    identityOf: () => identity,
    read: (file) => readZipFile(archive, file),
    async *pictures(chosen): AsyncGenerator<Picture> {
      const ordered = chosen.map((file, index) => ({ file, index }));
      for (const { file, index } of ordered.sort((a, b) => a.file.offset - b.file.offset))
        yield { index, name: file.path, bytes: () => readZipFile(archive, file) };
    },
  };
}

const ENTRIES_A_NEWS = 1000;

function zipFile(archive: string, entries: ArchiveEntries<ZipFile>, path: string, entry: Entry): ZipFile {
  if (entry.isEncrypted())
    throw entries.refused(path, "is encrypted", "unpack the archive with its password, and give the folder");
  if (isLink(entry))
    throw entries.refused(
      path,
      "is a link",
      "pack the archive again with the files themselves (zip -r follows links)",
    );
  const file: ZipFile = {
    path,
    sizeBytes: entry.uncompressedSize,
    isPicture: isPictureName(path),
    offset: entry.relativeOffsetOfLocalHeader,
    storedBytes: entry.compressedSize,
    isDeflated: entry.compressionMethod === DEFLATE,
    crc32: entry.crc32,
  };
  const isReadable = entry.compressionMethod === STORE || entry.compressionMethod === DEFLATE;
  const isPicture =
    file.isPicture || (isReadable && beginsLikePicture(readZipHead(archive, file, SIGNATURE_BYTES)));
  if (isPicture) entries.refuseLarge(path, file.sizeBytes);
  if (isPicture && !isReadable)
    throw entries.refused(
      path,
      `is compressed by ${METHODS.get(entry.compressionMethod) ?? `method ${entry.compressionMethod}`}, which is not read`,
      "unpack the archive, and give the folder, or pack it again with deflate (zip -r)",
    );
  return { ...file, isPicture };
}

const STORE = 0;
const DEFLATE = 8;
const METHODS: ReadonlyMap<number, string> = new Map([
  [1, "Shrink"],
  [6, "Implode"],
  [9, "Deflate64"],
  [12, "bzip2"],
  [14, "LZMA"],
  [93, "Zstandard"],
  [95, "xz"],
  [98, "PPMd"],
]);

/** UTF-8 where it is valid as such, as macOS and Linux write it without saying; else code page 437. */
function nameOf(entry: Entry): string {
  const flags = isUtf8(entry.fileNameRaw) ? UTF8_FLAG : 0;
  const name = yauzl.getFileNameLowLevel(flags, entry.fileNameRaw, entry.extraFields, true);
  return isFromUnix(entry) ? name : name.replaceAll("\\", "/");
}

const UTF8_FLAG = 0x800;

function isFolder(entry: Entry): boolean {
  return nameOf(entry).endsWith("/");
}

function isLink(entry: Entry): boolean {
  const mode = entry.externalFileAttributes >>> 16;
  return isFromUnix(entry) && (mode & constants.S_IFMT) === constants.S_IFLNK;
}

/** Unix (3) or macOS (19): the mode of files is kept, and a backslash is a letter like others. */
function isFromUnix({ versionMadeBy }: Entry): boolean {
  return [3, 19].includes(versionMadeBy >> 8);
}
