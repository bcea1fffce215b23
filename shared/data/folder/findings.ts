// What a walk through a folder finds: files with their sizes and times, links, and what is no file at all.
import { type Dirent, type Stats, statSync } from "node:fs";
import { GanglionError, messageOf } from "../../errors.ts";
import { kindOf } from "../../regular-file.ts";
import { isPictureName } from "../tree/names.ts";
import { SIGNATURE_BYTES, beginsLikePicture } from "../tree/picture-signature.ts";
import { type FilePath, readAt } from "../tree/read-file.ts";
import { counted, listed } from "../tree/sentences.ts";
import type { TreeFile } from "../tree/tree.ts";

export interface FolderFile extends TreeFile {
  /** What the system calls it. */
  readonly location: FilePath;
  /** Size and times; changes when the file does. */
  readonly stamp: string;
}

export interface FolderListing {
  readonly files: readonly FolderFile[];
  readonly folders: readonly string[];
  readonly hidden: readonly string[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** What was found so far. */
export class Findings {
  readonly files: FolderFile[] = [];
  readonly folders: string[] = [];
  readonly hidden: string[] = [];
  private readonly linkedFolders: string[] = [];
  private readonly repeated: string[] = [];
  private readonly special: string[] = [];
  private readonly broken: string[] = [];
  private readonly unreadable: string[] = [];
  private readonly entered = new Set<string>();

  /** Whether it is a link to a folder that is gone into. */
  take(path: string, location: FilePath, entry: Dirent, ancestors: readonly string[]): boolean {
    const found = statOf(location);
    if (found?.isDirectory()) return this.enter(path, identityOf(found), ancestors);
    if (found && !found.isFile()) this.special.push(`${path}: ${kindOf(found)}`);
    else if (!found && entry.isSymbolicLink() && !isPictureName(path)) this.broken.push(path);
    else
      // A picture that a broken link stands for is found bad when it is read.
      this.files.push({
        path,
        location,
        sizeBytes: found?.size ?? 0,
        isPicture: isPictureName(path) || (found !== null && this.beginsLikePicture(path, location)),
        stamp: found ? `${found.size} ${found.mtimeMs} ${found.ctimeMs}` : "missing",
      });
    return false;
  }

  private enter(path: string, identity: string, ancestors: readonly string[]): boolean {
    const isRepeated = ancestors.includes(identity) || this.entered.has(identity);
    (isRepeated ? this.repeated : this.linkedFolders).push(path);
    this.entered.add(identity);
    return !isRepeated;
  }

  private beginsLikePicture(path: string, location: FilePath): boolean {
    try {
      return beginsLikePicture(readAt(location, 0, SIGNATURE_BYTES));
    } catch (error) {
      this.unreadable.push(`${path}: ${messageOf(error)}`);
      return false;
    }
  }

  listing(): FolderListing {
    const { files, folders, hidden, linkedFolders, repeated, special, broken, unreadable } = this;
    const notes: string[] = [];
    const warnings: string[] = [];
    if (linkedFolders.length > 0)
      notes.push(
        `${counted(linkedFolders.length, "link to a folder is", "links to folders are")} followed (${listed(linkedFolders)})`,
      );
    if (special.length > 0) notes.push(`what is no regular file is passed over (${listed(special)})`);
    if (broken.length > 0)
      warnings.push(
        `${counted(broken.length, "link leads", "links lead")} nowhere (${listed(broken)}): mend or remove`,
      );
    if (repeated.length > 0)
      warnings.push(
        `links to folders that are read already are not followed (${listed(repeated)}): copy what shall be read twice`,
      );
    if (unreadable.length > 0)
      warnings.push(
        `${counted(unreadable.length, "file")} cannot be read and ${unreadable.length === 1 ? "is" : "are"} passed over (${listed(unreadable)}): give yourself the right to read, or take away`,
      );
    return { files, folders, hidden, notes, warnings };
  }
}

/** Null where a link leads nowhere or in circles, and where the file has gone since. */
function statOf(location: FilePath): Stats | null {
  try {
    return statSync(location, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ELOOP" || code === "ENOTDIR" || code === "EACCES") return null;
    throw new GanglionError(
      "DATA",
      `${location.toString()} cannot be looked at (${messageOf(error)}): take it away`,
      {
        cause: error,
      },
    );
  }
}

/** Of a file or folder, whatever its path. */
export function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
