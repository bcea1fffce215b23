// The entries of a tar archive, gzipped or not, in one pass from its begin.
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Header, extract } from "tar-stream";
import { GanglionError, messageOf } from "../../errors.ts";
import { inflatedContent } from "../files/gzip.ts";
import { decodeName } from "../tree/names.ts";
import { readAt } from "../tree/read-file.ts";
import { damaged, refuseBomb } from "./entries.ts";

export interface TarEntry {
  readonly name: string;
  /** Null for kinds of entry that nobody knows. */
  readonly type: Header["type"] | null;
  readonly sizeBytes: number;
  /** Of its content, in the tar without gzip. */
  readonly offset: number;
  /** Its content; what of it is not taken until the next entry is asked for is passed over. */
  content(): AsyncIterable<Uint8Array>;
}

export interface TarOptions {
  /** Watches how it ends. */
  readonly end?: TarEnd;
  /** So much it may inflate to in any case. */
  readonly freeBytes?: number;
}

/**
 * In the order of the archive.
 *
 * @throws GanglionError DATA for an archive that is damaged or inflates out of all proportion
 */
export async function* tarEntries(
  archive: string,
  gzipLayers: number,
  { end = new TarEnd(), freeBytes }: TarOptions = {},
): AsyncGenerator<TarEntry, void> {
  // Latin-1 keeps the bytes of names; their encoding is decided per name.
  const options: ExtractOptions = { filenameEncoding: "latin1", allowUnknownFormat: true };
  const tar = extract(options as NonNullable<Parameters<typeof extract>[0]>);
  const feeding = pipeline(Readable.from(boundedContent(archive, gzipLayers, end, freeBytes)), tar);
  feeding.catch(() => undefined); // its failure ends the entries, which are read below
  try {
    for await (const entry of tar) {
      const header = entry.header as TarHeader;
      yield {
        name: nameOf(header),
        type: header.type,
        sizeBytes: header.size,
        offset: header.byteOffset,
        content: () => entry as AsyncIterable<unknown> as AsyncIterable<Uint8Array>,
      };
      entry.resume();
    }
    await feeding;
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    throw damaged(archive, messageOf(cause), cause);
  } finally {
    tar.destroy();
  }
}

/** What tar-stream takes, where its types say less. */
interface ExtractOptions {
  readonly filenameEncoding: BufferEncoding;
  /** Tars older than POSIX have no mark. */
  readonly allowUnknownFormat: boolean;
}

/** What tar-stream gives, where its types say less. */
interface TarHeader extends Omit<Header, "type"> {
  readonly type: Header["type"] | null;
  readonly byteOffset: number;
  readonly pax: Readonly<Record<string, string>> | null;
}

/** As the extended header has it, in UTF-8, or as the bytes are. */
function nameOf({ name, pax }: TarHeader): string {
  return pax?.["path"] ?? decodeName(Buffer.from(name, "latin1"));
}

/** How long the tar is without gzip; a guess for what is gzipped twice, or from 4 GiB on. */
export async function tarBytes(archive: string, gzipLayers: number): Promise<number> {
  const { size } = await stat(archive);
  if (gzipLayers === 0 || size < 4) return size;
  // Gzip ends in the inflated length, modulo 2 ** 32. Pictures do not shrink much.
  const last = Buffer.from(readAt(archive, size - 4, 4)).readUInt32LE(0);
  return last + 2 ** 32 * Math.max(0, Math.round((size - last) / 2 ** 32));
}

async function* boundedContent(
  archive: string,
  gzipLayers: number,
  end: TarEnd,
  freeBytes: number | undefined,
): AsyncGenerator<Uint8Array, void> {
  const { size } = await stat(archive);
  let inflatedBytes = 0;
  for await (const piece of inflatedContent(archive, gzipLayers)) {
    inflatedBytes += piece.length;
    refuseBomb(archive, size, inflatedBytes, freeBytes);
    end.take(piece);
    yield piece;
  }
}

const BLOCK_BYTES = 512;

/** Watches the last block. */
export class TarEnd {
  private last = Buffer.alloc(0);

  take(piece: Uint8Array): void {
    this.last = Buffer.concat([this.last, piece.subarray(-BLOCK_BYTES)]).subarray(-BLOCK_BYTES);
  }

  /** A whole tar ends in blocks of zeros: without them it may be cut off between two files. */
  get isMarked(): boolean {
    return this.last.every((byte) => byte === 0);
  }
}
