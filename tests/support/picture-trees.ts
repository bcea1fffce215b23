// Trees of small pictures as folders and archives, and what a format makes of them.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Header, pack } from "tar-stream";
import { expect } from "vitest";
import type { Split } from "../../shared/data/dataset.ts";
import { FORMATS } from "../../shared/data/formats.ts";
import type { ImageSource } from "../../shared/data/source.ts";
import { GanglionError } from "../../shared/errors.ts";

/** Content by path. */
export type Tree = Readonly<Record<string, Uint8Array | string>>;

/** What begins like a PNG, and differs from others by `text`: enough for whoever does not decode it. */
export function png(text: string): Buffer {
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from(text)]);
}

/** A picture at each path, all different. */
export function pictures(...paths: readonly string[]): Tree {
  return Object.fromEntries(paths.map((path) => [path, png(path)]));
}

/** Paths that end in `/` are empty folders. */
export async function writeTree(folder: string, tree: Tree): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    await mkdir(path.endsWith("/") ? join(folder, path) : dirname(join(folder, path)), { recursive: true });
    if (!path.endsWith("/")) await writeFile(join(folder, path), content);
  }
  return folder;
}

export type TarEntry = Partial<Header> & { readonly name: string; readonly content?: Uint8Array | string };

export async function tar(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = "", ...header } of entries) archive.entry(header, content);
  archive.finalize();
  return buffer(archive as AsyncIterable<unknown> as AsyncIterable<Uint8Array>);
}

export function tarOf(tree: Tree): Promise<Buffer> {
  return tar(
    Object.entries(tree).map(([name, content]) =>
      name.endsWith("/") ? { name, type: "directory" as const } : { name, content },
    ),
  );
}

/** The source by the first format that recognizes it, and that format's name. */
export async function openSource(
  path: string,
  split: Split = "train",
): Promise<{ readonly format: string; readonly source: ImageSource }> {
  for (const format of FORMATS)
    if (await format.recognizes(path)) {
      return { format: format.name, source: await format.open(path, split, {}) };
    }
  throw new Error(`no format took ${path}`);
}

export interface Found {
  readonly format: string;
  /** In the order of the data set. */
  readonly names: readonly string[];
  readonly contents: readonly string[];
  readonly labels: readonly number[] | null;
  readonly classNames: readonly string[] | null;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** All that a source yields, each picture read. */
export async function look(path: string, split: Split = "train"): Promise<Found> {
  const { source } = await openSource(path, split);
  const { content, labels, classNames, notes, warnings, format } = source;
  if (content.kind !== "pictures") throw new Error(`${path} has pixels`);
  const names: string[] = Array.from({ length: content.count }, () => "");
  const contents = [...names];
  for await (const picture of content.pictures()) {
    expect(names[picture.index]).toBe(""); // each once
    names[picture.index] = picture.name;
    contents[picture.index] = Buffer.from(await picture.bytes()).toString("latin1");
  }
  return { format, names, contents, labels: labels && [...labels], classNames, notes, warnings };
}

/** The message that a source is refused with. */
export async function refusalOf(path: string, split: Split = "train"): Promise<string> {
  const error: unknown = await look(path, split).then(
    () => new Error("it was accepted"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GanglionError);
  expect(error).toMatchObject({ code: "DATA" });
  return (error as GanglionError).message;
}
