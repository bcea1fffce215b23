// CIFAR's files by name, from a folder or an archive, as streams.
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { tarEntries } from "../archive/tar-entries.ts";
import { identityOf } from "../files/bytes.ts";
import { countGzipLayers } from "../files/gzip.ts";
import { sortedByPath } from "../tree/path-order.ts";
import type { CifarPlace } from "./find.ts";
import { roleOf } from "./names.ts";

export interface NamedContent {
  /** Without its folder. */
  readonly name: string;
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface CifarFiles {
  /** Of records and class names, each once; in any order, and only while the loop is at them. */
  all(): AsyncGenerator<NamedContent, void>;
  /** The files of these names, in this order. */
  inOrder(names: readonly string[]): AsyncGenerator<NamedContent, void>;
  identity(): Promise<readonly string[]>;
}

export function openFiles(place: Exclude<CifarPlace, { kind: "foreign" }>): CifarFiles {
  switch (place.kind) {
    case "folder":
      return folderFiles(place.folder);
    case "archive":
      return archiveFiles(place.file);
    default:
      return place satisfies never;
  }
}

function folderFiles(folder: string): CifarFiles {
  const list = async (): Promise<readonly string[]> =>
    sortedByPath((await readdir(folder)).filter(isRead), (name) => name);
  const inOrder = async function* (names: readonly string[]): AsyncGenerator<NamedContent, void> {
    for (const name of names) {
      const path = join(folder, name);
      yield {
        name,
        size: (await stat(path)).size,
        content: createReadStream(path) as AsyncIterable<unknown> as AsyncIterable<Uint8Array>,
      };
    }
  };
  return {
    all: async function* () {
      yield* inOrder(await list());
    },
    inOrder,
    identity: async () => Promise.all((await list()).map((name) => identityOf(join(folder, name)))),
  };
}

/** An archive has its own order: it is read from its beginning as often as the wanted one goes back. */
function archiveFiles(file: string): CifarFiles {
  return {
    all: async function* () {
      for await (const entry of tarEntries(file, await countGzipLayers(file))) {
        const name = basename(entry.name);
        if (isRead(name)) yield { name, size: entry.sizeBytes, content: entry.content() };
      }
    },
    inOrder: async function* (names) {
      for (let next = 0; next < names.length;) {
        const begun = next;
        for await (const entry of tarEntries(file, await countGzipLayers(file))) {
          if (basename(entry.name) !== names[next]) continue;
          yield { name: names[next++], size: entry.sizeBytes, content: entry.content() };
          if (next === names.length) return;
        }
        if (next === begun) throw new Error(`${names[next]} is not in it any more`);
      }
    },
    identity: async () => [await identityOf(file)],
  };
}

function isRead(name: string): boolean {
  const kind = roleOf(name)?.kind;
  return kind === "records" || kind === "names";
}
