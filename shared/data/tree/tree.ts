// A tree of files, some of which are pictures: what a folder and an archive have in common.
import type { Picture } from "../source.ts";

export interface TreeFile {
  /** Below what the user named: folders and name, joined by `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** By its name, or else by its first bytes. */
  readonly isPicture: boolean;
}

/** Hidden and system files are left out of `files` and `folders`. */
export interface FileTree<File extends TreeFile = TreeFile> {
  /** As in "60,000 images of a …": `zip archive`. */
  readonly format: string;
  readonly isArchive: boolean;
  /** What the user named. */
  readonly source: string;
  /** In any order, each path once. */
  readonly files: readonly File[];
  /** At least those without files. */
  readonly folders: readonly string[];
  /** Paths of hidden and system files and folders; what lies in such a folder is not listed. */
  readonly hidden: readonly string[];
  /** What was decided or passed over while it was listed, a sentence each. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  /** Changes whenever these files do. */
  identityOf(files: readonly File[]): readonly string[];
  /** The whole of one file. */
  read(file: File): Promise<Uint8Array>;
  /** Each file once, in the order in which they are read best; `index` is the file's place in `files`. */
  pictures(files: readonly File[]): AsyncIterable<Picture>;
}

/** A file is read into memory as a whole; no picture is so large. */
export const MAX_FILE_BYTES = 2 ** 30;
