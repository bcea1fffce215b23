// Where CIFAR's files lie: a folder, a folder in it, or an archive whose first files are CIFAR's.
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { headOf } from "../files/bytes.ts";
import { countGzipLayers } from "../files/gzip.ts";
import { foreignFolder, recordBytesOf, roleOf } from "./names.ts";

export type CifarPlace =
  | { readonly kind: "folder"; readonly folder: string }
  | { readonly kind: "archive"; readonly file: string }
  | { readonly kind: "foreign"; readonly version: "Python" | "MATLAB" };

/** Pickles begin so, from protocol 2 on. */
const PICKLE = 0x80;
/** `readme.html`, lists of names and folders stand before the first records; after more files than these nothing is CIFAR. */
const MOST_ENTRIES = 8;

/** Null where nothing is CIFAR; never throws. */
export async function findCifar(path: string): Promise<CifarPlace | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return (await findInFolder(path)) ?? (await findBelow(path));
  if (!found?.isFile()) return null;
  const head = await headOf(path, 512);
  const isTar = head.toString("latin1", 257, 262) === "ustar";
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  return isTar || isGzip ? await findInArchive(path).catch(() => null) : null;
}

async function findBelow(path: string): Promise<CifarPlace | null> {
  const names: string[] = await readdir(path).catch(() => []);
  for (const name of names.filter((one) => /^cifar/i.test(one))) {
    const found = await findInFolder(join(path, name));
    if (found) return found;
  }
  return null;
}

async function findInFolder(folder: string): Promise<CifarPlace | null> {
  const names: string[] = await readdir(folder).catch(() => []);
  for (const name of names) {
    const role = roleOf(name);
    if (role?.kind === "records" && (await isRecords(join(folder, name), role.classes)))
      return { kind: "folder", folder };
    if (role?.kind !== "foreign") continue;
    const [first] = await headOf(join(folder, name), 1);
    if (role.version === "MATLAB" || first === PICKLE) return { kind: "foreign", version: role.version };
  }
  const foreign = foreignFolder(folder);
  const isForeign = foreign?.kind === "foreign" && ["train", "test"].every((name) => names.includes(name));
  return isForeign ? { kind: "foreign", version: foreign.version } : null;
}

/**
 * CIFAR-10's names are nobody else's, so that a truncated file is one of it too; `train.bin` may be anything but records of
 * that size.
 */
async function isRecords(file: string, classes: 10 | 100): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile() || found.size === 0) return false;
  const [label] = await headOf(file, 1);
  return label < (classes === 10 ? 10 : 20) && (classes === 10 || found.size % recordBytesOf(classes) === 0);
}

async function findInArchive(file: string): Promise<CifarPlace | null> {
  const { tarEntries } = await import("../archive/tar-entries.ts");
  let entries = 0;
  for await (const entry of tarEntries(file, await countGzipLayers(file))) {
    const { name, type, sizeBytes: size } = entry;
    if (type !== "file") continue;
    const parts = name.split("/");
    const role = roleOf(basename(name)) ?? foreignFolder(parts.slice(0, -1).join("/"));
    if (!role || ++entries > MOST_ENTRIES) return null;
    switch (role.kind) {
      case "names":
      case "aside":
        continue;
      case "records": {
        const first = await firstByte(entry.content());
        const fits = role.classes === 10 || size % recordBytesOf(role.classes) === 0;
        return fits && first < (role.classes === 10 ? 10 : 20) ? { kind: "archive", file } : null;
      }
      case "foreign":
        return { kind: "foreign", version: role.version };
      default:
        role satisfies never;
    }
  }
  return null;
}

/** 255, which is no label, where there is none. */
async function firstByte(content: AsyncIterable<Uint8Array>): Promise<number> {
  for await (const piece of content) return piece[0];
  return 255;
}
