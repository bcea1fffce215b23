// Reads the body of a request, up to a limit.
import type { IncomingMessage } from "node:http";

/** Null where it is longer than `most` bytes, of which no more is read then. */
export async function readLimited(request: IncomingMessage, most: number): Promise<string | null> {
  if (Number(request.headers["content-length"] ?? 0) > most) return null;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
