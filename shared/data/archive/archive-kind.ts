// What kind of archive a file is, by its first bytes: names say nothing.
import { findSignature } from "../files/file-signature.ts";
import { countGzipLayers, readHead } from "../files/gzip.ts";
import { isRegularFile } from "../../regular-file.ts";

export type ArchiveKind =
  | { readonly kind: "zip" }
  | { readonly kind: "tar"; readonly gzipLayers: number }
  /** As in "it is …". */
  | { readonly kind: "unread"; readonly what: string };

/** Null for what is no archive, or cannot be read. Never throws. */
export async function archiveKind(path: string): Promise<ArchiveKind | null> {
  if (!(await isRegularFile(path))) return null;
  try {
    const gzipLayers = await countGzipLayers(path);
    const head = await readHead(path, gzipLayers, HEADER_BYTES);
    if (isTarHeader(head)) return { kind: "tar", gzipLayers };
    if (gzipLayers > 0) return null; // a single file, gzipped
    if (ZIP_SIGNATURES.includes(head.toString("latin1", 0, 4))) return { kind: "zip" };
    const { what } = findSignature(head) ?? { what: "" };
    return /^compressed with|archive$/.test(what) ? { kind: "unread", what } : null;
  } catch {
    return null; // who takes every path says what is wrong with it
  }
}

/** A local file header, the end of an empty archive, the marker of one that was made in parts. */
const ZIP_SIGNATURES: readonly string[] = ["PK\x03\x04", "PK\x05\x06", "PK\x07\x08"];
const HEADER_BYTES = 512;
const MARK_AT = 257;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;

/**
 * By POSIX's mark, or by its checksum, which the oldest tars have as well: the sum of all bytes, its own place taken as
 * blanks.
 */
function isTarHeader(head: Buffer): boolean {
  if (head.length < HEADER_BYTES) return false;
  if (head.toString("latin1", MARK_AT, MARK_AT + 5) === "ustar") return true;
  const written = head.toString("latin1", CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES).replace(/[\0 ]+$/, "");
  if (!/^ *[0-7]+$/.test(written)) return false;
  let sum = 0;
  for (let i = 0; i < HEADER_BYTES; i++)
    sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES ? 0x20 : head[i];
  return sum === Number.parseInt(written, 8);
}
