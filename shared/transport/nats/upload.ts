// Uploads a file to a bucket of the Object Store in NATS's own format (ADR-20), so that any client can read it.
//
// The client's own `put` has the whole file in flight at once, and crashes the process if the server goes away while the
// file is still being read: nothing handles the rejections of the pending answers.
import { createHash, randomBytes } from "node:crypto";
import { JsHeaders, headers } from "nats";
import type { NatsClient } from "./client/client.ts";
import { cutPieces } from "../../cut-pieces.ts";
import { translateNatsError } from "./client/errors.ts";

export interface Upload {
  readonly bucket: string;
  readonly name: string;
  /** Of any size: they are cut to `chunkBytes`. */
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly chunkBytes: number;
}

/** Chunks that may be unacknowledged: 2 MiB in chunks of 128 KiB. */
const IN_FLIGHT = 16;
const ACKNOWLEDGED_WITHIN_MS = 10_000;

/**
 * Resolves when the server has stored all of it. Until then the name stands for what was there before.
 *
 * @throws GanglionError TRANSPORT when the server goes away meanwhile: what it has by then stays there, under no name
 */
export async function upload(
  client: NatsClient,
  { bucket, name, pieces, chunkBytes }: Upload,
): Promise<void> {
  const nuid = randomBytes(16).toString("hex");
  const stream = client.nats.jetstream(); // of this connection: an upload does not outlive it
  const options = { timeout: ACKNOWLEDGED_WITHIN_MS };
  const hash = createHash("sha256");
  const sending = new Set<Promise<void>>();
  let [size, chunks] = [0, 0];
  let failure: { readonly cause: unknown } | null = null;
  const send = async (chunk: Uint8Array): Promise<void> => {
    try {
      await stream.publish(`$O.${bucket}.C.${nuid}`, chunk, options);
    } catch (cause) {
      failure ??= { cause };
    }
  };
  const check = (): void => {
    if (failure) throw translateNatsError(failure.cause, client);
  };
  for await (const chunk of cutPieces(pieces, chunkBytes)) {
    hash.update(chunk);
    size += chunk.length;
    chunks++;
    const sent: Promise<void> = send(chunk).finally(() => sending.delete(sent));
    sending.add(sent);
    if (sending.size >= IN_FLIGHT) await Promise.race(sending);
    check();
  }
  await Promise.all(sending);
  check();
  const digest = `SHA-256=${hash.digest("base64").replaceAll("+", "-").replaceAll("/", "_")}`; // with its "="
  const mtime = new Date().toISOString();
  const about = { name, bucket, nuid, size, chunks, digest, mtime, options: { max_chunk_size: chunkBytes } };
  const replacing = headers();
  replacing.set(JsHeaders.RollupHdr, JsHeaders.RollupValueSubject);
  const subject = `$O.${bucket}.M.${objectToken(name)}`;
  try {
    await stream.publish(subject, Buffer.from(JSON.stringify(about)), { ...options, headers: replacing });
  } catch (error) {
    throw translateNatsError(error, client);
  }
}

/** An object's name as one token of a subject: base64 of its UTF-8, with the "=". */
export function objectToken(name: string): string {
  return Buffer.from(name).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
