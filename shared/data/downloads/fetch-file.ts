// One file of known size and hash from the first mirror that has it, going on where an earlier attempt broke.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { GanglionError, messageOf } from "../../errors.ts";
import { type HttpAnswer, type HttpClient, networkReasonOf } from "../../http/client.ts";
import type { RemoteFile } from "./catalog.ts";

export interface FetchOptions {
  readonly folder: string;
  readonly mirrors: readonly string[];
  readonly client: HttpClient;
  /** Called with the bytes of the file that are here. */
  readonly onBytes: (bytes: number) => void;
}

/** No mirror has the file: why each failed. */
export class MirrorsError extends Error {}

/** Of one mirror, as long as each brings some bytes more. */
const ATTEMPTS = 10;

/**
 * Leaves `file.name` in the folder, whose size and hash are right; what a broken transfer brought stays beside it as
 * `.partial`, and the next goes on from there.
 *
 * @throws MirrorsError when no mirror gave it, GanglionError DATA when it cannot be written
 */
export async function fetchFile(file: RemoteFile, options: FetchOptions): Promise<void> {
  const reasons: string[] = [];
  for (const mirror of options.mirrors) {
    const reason = await fetchFrom(new URL(file.name, mirror), file, options);
    if (reason === null) return;
    reasons.push(`${new URL(mirror).host}: ${reason}`);
  }
  throw new MirrorsError(reasons.join("; "));
}

/** Null when the file is there, else why not. */
async function fetchFrom(url: URL, file: RemoteFile, options: FetchOptions): Promise<string | null> {
  const whole = join(options.folder, file.name);
  const partial = `${whole}.partial`;
  for (let attempt = 1; ; attempt++) {
    const from = await usableBytes(partial, file);
    let reason: string;
    try {
      if (from < file.sizeBytes) await transfer(url, from, partial, file, options);
      if ((await hashOf(partial)) === file.sha256) {
        await writing(options.folder, () => rename(partial, whole));
        return null;
      }
      await rm(partial, { force: true });
      reason = "it has other bytes than the data set's (SHA-256)";
      if (from === 0) return reason;
      // What was there before may have been another file's beginning: once more, from the beginning.
    } catch (error) {
      if (error instanceof GanglionError) throw error;
      if (await isWhole(whole, file)) return null; // another process was faster, and took the partial file with it
      reason = networkReasonOf(error);
      if ((await usableBytes(partial, file)) <= from) return reason;
    }
    if (attempt === ATTEMPTS) return reason;
  }
}

/** Size only: a file gets this name when its hash is right. */
export async function isWhole(path: string, { sizeBytes }: RemoteFile): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === sizeBytes;
}

/** How much of the file an earlier attempt left; what is longer than the file is none of it. */
async function usableBytes(partial: string, { sizeBytes }: RemoteFile): Promise<number> {
  const size = (await stat(partial).catch(() => null))?.size ?? 0;
  if (size <= sizeBytes) return size;
  await rm(partial, { force: true });
  return 0;
}

async function transfer(
  url: URL,
  from: number,
  partial: string,
  file: RemoteFile,
  { client, folder, onBytes }: FetchOptions,
): Promise<void> {
  const answer = await client.get(url.href, { from });
  try {
    const start = startOf(answer, from);
    const length = Number(answer.header("content-length") ?? Number.NaN);
    if (length > file.sizeBytes - start || (start === 0 && length < file.sizeBytes))
      throw new Error(`it offers ${length} bytes where ${file.sizeBytes - start} were expected`);
    const handle = await writing(folder, () => open(partial, start === 0 ? "w" : "r+"));
    try {
      await write(answer, start, handle, { file, folder, onBytes });
    } finally {
      await handle.close();
    }
  } finally {
    answer.discard();
  }
}

/** Where in the file the answer begins. @throws Error when it is no answer with bytes of it */
function startOf(answer: HttpAnswer, from: number): number {
  if (answer.status === 200) return 0; // a server that sends no parts
  const begins = /^bytes (\d+)-/.exec(answer.header("content-range") ?? "")?.[1];
  if (answer.status === 206 && Number(begins) === from) return from;
  throw new Error(`it answers with status ${answer.status}`);
}

/** By position, so that two processes that fetch the same file write the same bytes to the same places. */
async function write(
  answer: HttpAnswer,
  start: number,
  handle: FileHandle,
  { file, folder, onBytes }: { readonly file: RemoteFile } & Pick<FetchOptions, "folder" | "onBytes">,
): Promise<void> {
  let at = start;
  onBytes(at);
  for await (const piece of answer.body) {
    if (at + piece.length > file.sizeBytes) {
      await handle.truncate(0); // none of it can be believed
      throw new Error(`it sends more than the ${file.sizeBytes} bytes of the file`);
    }
    const position = at;
    await writing(folder, () => handle.write(piece, 0, piece.length, position));
    at += piece.length;
    onBytes(at);
  }
  if (at < file.sizeBytes) throw new Error(`it ended after ${at} of ${file.sizeBytes} bytes`);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** @throws GanglionError DATA: another mirror would not help */
export async function writing<T>(folder: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    throw new GanglionError(
      "DATA",
      `${folder} cannot be written (${messageOf(cause)}): name a folder with room in GANGLION_CACHE`,
      { cause },
    );
  }
}
