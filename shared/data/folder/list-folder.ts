// Lists the files of a folder at any depth, links followed: names, sizes and times, nothing read but the first bytes of
// files whose names do not tell what they are.
import { type Dirent, type Stats, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { GanglionError, messageOf } from "../../errors.ts";
import { kindOf } from "../../regular-file.ts";
import type { OnProgress } from "../format.ts";
import { decodeName, isHiddenName, isPictureName } from "../tree/names.ts";
import { sortedByPath } from "../tree/path-order.ts";
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

/** Files between two turns of the event loop: some milliseconds. */
const FILES_A_TURN = 500;

/**
 * Links to files and folders are followed, wherever they lead: many keep their sets as folders of links. Each folder is
 * entered through a link once, and none inside of itself. Pipes, sockets and devices are never opened.
 *
 * @throws GanglionError DATA for a folder that cannot be read
 */
export async function listFolder(root: string, onProgress?: OnProgress): Promise<FolderListing> {
  const walk = new Walk();
  const pending: Folder[] = [{ path: "", location: root, ancestors: [] }];
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    const entries = await readFolder(folder);
    const inside: Folder[] = [];
    const identity = identityOf(statSync(folder.location));
    const ancestors = [...folder.ancestors, identity];
    for (const [i, { name, location, entry }] of entries.entries()) {
      const path = folder.path === "" ? name : `${folder.path}/${name}`;
      if (isHiddenName(name)) walk.hidden.push(path);
      else if (entry.isDirectory()) inside.push({ path, location, ancestors });
      else if (walk.take(path, location, entry, ancestors)) inside.push({ path, location, ancestors });
      if (i % FILES_A_TURN === FILES_A_TURN - 1) {
        onProgress?.("listing", walk.files.length, walk.files.length + entries.length - 1 - i);
        await nextTurn();
      }
    }
    walk.folders.push(...inside.map(({ path }) => path));
    pending.push(...inside.reverse());
  }
  onProgress?.("listing", walk.files.length, walk.files.length);
  return walk.listing();
}

interface Folder {
  readonly path: string;
  readonly location: FilePath;
  /** Device and inode of the folders it lies in. */
  readonly ancestors: readonly string[];
}

/** What was found so far. */
class Walk {
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

interface FolderEntry {
  readonly name: string;
  readonly location: FilePath;
  readonly entry: Dirent;
}

async function readFolder({ path, location }: Folder): Promise<readonly FolderEntry[]> {
  try {
    const found = await readdir(location, { withFileTypes: true });
    const entries = found.some(({ name }) => name.includes("\uFFFD"))
      ? await readUndecoded(location)
      : found.map((entry) => ({ name: entry.name, location: locationIn(location, entry.name), entry }));
    return sortedByPath(entries, ({ name }) => name);
  } catch (cause) {
    throw new GanglionError(
      "DATA",
      `the folder ${path === "" ? location.toString() : path} cannot be read (${messageOf(cause)}): give yourself the right to read it, or take it away`,
      { cause },
    );
  }
}

/** Where some names are no UTF-8, the system is asked by their bytes. */
async function readUndecoded(location: FilePath): Promise<readonly FolderEntry[]> {
  const found = await readdir(location, { withFileTypes: true, encoding: "buffer" });
  return found.map((entry) => ({
    name: decodeName(entry.name),
    location: locationIn(location, entry.name),
    entry: entry as unknown as Dirent,
  }));
}

function locationIn(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === "string" && typeof name === "string") return `${folder}/${name}`;
  return Buffer.concat([Buffer.from(folder), Buffer.from("/"), Buffer.from(name)]);
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

function identityOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}
