// The content of a file, inflated where its first bytes say that it is gzipped, whatever its name says.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { GanglionError } from "../../errors.ts";

/** Some servers and tools compress what is compressed already; more often than this it is no accident. */
const MAX_LAYERS = 3;

/**
 * How many times over the file is gzipped: 0 for a plain one.
 *
 * @throws GanglionError DATA beyond `MAX_LAYERS`
 */
export async function countGzipLayers(file: string): Promise<number> {
  for (let layers = 0; layers <= MAX_LAYERS; layers++) {
    const [first, second] = await readHead(file, layers, 2);
    if (first !== 0x1f || second !== 0x8b) return layers;
  }
  throw new GanglionError(
    "DATA",
    `${file} is gzipped more than ${MAX_LAYERS} times over: unpack it with gunzip`,
  );
}

/** The file without `layers` layers of gzip, inflated as it is taken: who stops taking stops the inflation. */
export async function* inflatedContent(file: string, layers: number): AsyncGenerator<Buffer, void> {
  const source = createReadStream(file);
  const inflaters = Array.from({ length: layers }, () => createGunzip());
  const content = inflaters.at(-1) ?? source;
  // A failure at any stage destroys the last one, and is thrown by the loop over it.
  if (layers > 0) pipeline([source, ...inflaters], () => {});
  try {
    for await (const piece of content) yield piece as Buffer;
  } finally {
    source.destroy();
    for (const inflater of inflaters) inflater.destroy();
  }
}

/** The first bytes of the content, fewer where it is shorter. */
export async function readHead(file: string, layers: number, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of inflatedContent(file, layers)) {
    pieces.push(piece);
    length += piece.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(pieces).subarray(0, bytes);
}
