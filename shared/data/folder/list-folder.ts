// Lists the files of a folder at any depth, links followed: names, sizes and times, nothing read but the first bytes of
// files whose names do not tell what they are.
import { type Dirent, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { GanglionError, messageOf } from "../../errors.ts";
import type { OnProgress } from "../format.ts";
import { decodeName, isHiddenName } from "../tree/names.ts";
import { sortedByPath } from "../tree/path-order.ts";
import type { FilePath } from "../tree/read-file.ts";
import { Findings, type FolderListing, identityOf } from "./findings.ts";

/** Files between two turns of the event loop: some milliseconds. */
const FILES_A_TURN = 500;

/**
 * Links to files and folders are followed, wherever they lead: many keep their sets as folders of links. Each folder is
 * entered through a link once, and none inside of itself. Pipes, sockets and devices are never opened.
 *
 * @throws GanglionError DATA for a folder that cannot be read
 */
export async function listFolder(root: string, onProgress?: OnProgress): Promise<FolderListing> {
  const findings = new Findings();
  const pending: Folder[] = [{ path: "", location: root, ancestors: [] }];
  for (let folder = pending.pop(); folder; folder = pending.pop()) {
    const { entries, identity } = await readFolder(folder);
    const inside: Folder[] = [];
    const ancestors = [...folder.ancestors, identity];
    for (const [i, { name, location, entry }] of entries.entries()) {
      const path = folder.path === "" ? name : `${folder.path}/${name}`;
      if (isHiddenName(name)) findings.hidden.push(path);
      else if (entry.isDirectory()) inside.push({ path, location, ancestors });
      else if (findings.take(path, location, entry, ancestors)) inside.push({ path, location, ancestors });
      if (i % FILES_A_TURN === FILES_A_TURN - 1) {
        onProgress?.("listing", findings.files.length, findings.files.length + entries.length - 1 - i);
        await nextTurn();
      }
    }
    for (const { path } of inside) findings.folders.push(path);
    for (const next of inside.reverse()) pending.push(next);
  }
  onProgress?.("listing", findings.files.length, findings.files.length);
  return findings.listing();
}

interface Folder {
  readonly path: string;
  readonly location: FilePath;
  /** Device and inode of the folders it lies in. */
  readonly ancestors: readonly string[];
}

interface FolderEntry {
  readonly name: string;
  readonly location: FilePath;
  readonly entry: Dirent;
}

async function readFolder({
  path,
  location,
}: Folder): Promise<{ readonly entries: readonly FolderEntry[]; readonly identity: string }> {
  try {
    const found = await readdir(location, { withFileTypes: true });
    const entries = found.some(({ name }) => name.includes("\uFFFD"))
      ? await readUndecoded(location)
      : found.map((entry) => ({ name: entry.name, location: locationIn(location, entry.name), entry }));
    const identity = identityOf(statSync(location));
    return { entries: sortedByPath(entries, ({ name }) => name), identity };
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
