// CIFAR's files by name, from a folder or an archive, as streams.
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { identityOf } from "../files/bytes.ts";
import { compareNames } from "../files/names.ts";
import type { CifarPlace } from "./find.ts";
import { roleOf } from "./names.ts";
import { readTar } from "./tar.ts";

export interface NamedContent {
  /** Without its folder. */
  readonly name: string;
  readonly size: number;
  readonly content: AsyncGenerator<Buffer, void>;
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
  const list = async (): Promise<string[]> => (await readdir(folder)).filter(isRead).sort(compareNames);
  const inOrder = async function* (names: readonly string[]): AsyncGenerator<NamedContent, void> {
    for (const name of names) {
      const path = join(folder, name);
      yield { name, size: (await stat(path)).size, content: pieces(createReadStream(path)) };
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
      for await (const { name, size, content } of readTar(file))
        if (isRead(basename(name))) yield { name: basename(name), size, content };
    },
    inOrder: async function* (names) {
      for (let next = 0; next < names.length;) {
        const begun = next;
        for await (const { name, size, content } of readTar(file)) {
          if (basename(name) !== names[next]) continue;
          yield { name: names[next++], size, content };
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

async function* pieces(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer, void> {
  for await (const piece of stream) yield piece as Buffer;
}
