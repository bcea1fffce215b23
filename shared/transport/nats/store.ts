// Files at a NATS server (JetStream's Object Store): data sets for nodes that lack them, and the newest checkpoints of runs.
//
// Messages are read by their sequence number, without a consumer: a user who may create consumers could have messages
// delivered to subjects that it may not publish to.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { JetStreamManager, ObjectStore } from "nats";
import { z } from "zod";
import { GanglionError, messageOf } from "../../errors.ts";
import type { NatsClient } from "./client/client.ts";
import { isTimeout, translateNatsError } from "./client/errors.ts";
import { objectToken, upload } from "./upload.ts";

export type Bucket = "ganglion-data" | "ganglion-checkpoints";

/** Size of an object's chunks; smaller if the server accepts less. */
const CHUNK_BYTES = 128 * 1024;
const REQUEST_MS = 10_000;
const BUCKET_MS = 2000;

/** @throws GanglionError USAGE when the server has no JetStream, TRANSPORT when it goes away */
export async function jetStreamOf({ nats, address }: NatsClient): Promise<JetStreamManager> {
  try {
    return await nats.jetstreamManager();
  } catch (cause) {
    if (nats.isClosed())
      throw new GanglionError("TRANSPORT", `the NATS server at ${address} closed the connection`, { cause });
    throw new GanglionError(
      "USAGE",
      `the NATS server at ${address} has no JetStream, which keeps the list of runs, data sets and checkpoints: start it with nats-server -js (${messageOf(cause)})`,
      { cause },
    );
  }
}

/**
 * Stores `pieces` under `name`, in place of what was there.
 *
 * @throws GanglionError USAGE when the server has no JetStream, TRANSPORT when it goes away meanwhile
 */
export async function putObject(
  client: NatsClient,
  bucket: Bucket,
  name: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  await openBucket(client, bucket); // creates it if necessary
  const old = await objectInfo(client, bucket, name);
  const largest = (client.nats.info?.max_payload ?? CHUNK_BYTES) - 1024; // less the subject and headers
  await upload(client, { bucket, name, pieces, chunkBytes: Math.min(CHUNK_BYTES, largest) });
  if (!old) return;
  const { streams } = await jetStreamOf(client);
  await streams.purge(`OBJ_${bucket}`, { filter: `$O.${bucket}.C.${old.nuid}` });
}

export async function hasObject(client: NatsClient, bucket: Bucket, name: string): Promise<boolean> {
  return (await (await openBucket(client, bucket)).info(name)) !== null;
}

/**
 * Waits for an object that someone may still be sending; false if it does not come in time.
 *
 * @throws the signal's reason
 */
export async function awaitObject(
  client: NatsClient,
  bucket: Bucket,
  name: string,
  { patienceMs, signal, everyMs = 500 }: { patienceMs: number; signal?: AbortSignal; everyMs?: number },
): Promise<boolean> {
  const begun = performance.now();
  while ((await objectInfo(client, bucket, name)) === null) {
    if (performance.now() - begun >= patienceMs) return false;
    await delay(everyMs, undefined, { ...(signal && { signal }) });
  }
  return true;
}

/**
 * The object's bytes from `from` on. All of them are compared with its digest at the end; a part is for its reader to
 * check.
 *
 * @throws GanglionError DATA when there is no such object, or it is damaged; TRANSPORT when another was put in its
 *   place meanwhile
 */
export async function* getObject(
  client: NatsClient,
  bucket: Bucket,
  name: string,
  from = 0,
): AsyncGenerator<Uint8Array> {
  const stream = `OBJ_${bucket}`;
  const info = await objectInfo(client, bucket, name);
  if (!info) {
    throw new GanglionError("DATA", `the NATS server at ${client.address} has no ${name} in ${bucket}`);
  }
  const hash = createHash("sha256");
  const subject = `$O.${bucket}.C.${info.nuid}`;
  let { chunk, seq: next } = await startAt(client, stream, subject, info, from);
  const skipsAny = chunk > 0;
  let left = from - chunk * (info.options?.max_chunk_size ?? 0); // bytes of the first chunk that are not wanted
  for (; chunk < info.chunks; chunk++) {
    const message = await getStored(client, stream, { seq: next, next_by_subj: subject });
    if (!message) break;
    const { data } = message;
    next = message.seq + 1;
    hash.update(data);
    if (left < data.length) yield data.subarray(left);
    left = Math.max(0, left - data.length);
  }
  if (skipsAny && chunk === info.chunks) return;
  if (`SHA-256=${hash.digest("base64url")}` === info.digest.replace(/=+$/, "")) return;
  const what = `${name} in ${bucket} at ${client.address}`;
  if ((await objectInfo(client, bucket, name))?.nuid !== info.nuid)
    throw new GanglionError("TRANSPORT", `${what} was replaced while it was fetched: fetch it again`);
  throw new GanglionError("DATA", `${what} does not match its digest: it is damaged`);
}

export interface Stored {
  readonly data: Uint8Array;
  readonly seq: number;
}

/** One message of a stream: the last of a subject, or the first from a sequence number on; null if there is none. */
export async function getStored(
  client: NatsClient,
  stream: string,
  query: { readonly last_by_subj: string } | { readonly seq: number; readonly next_by_subj: string },
  timeoutMs = REQUEST_MS,
): Promise<Stored | null> {
  try {
    const { data, headers } = await client.nats.request(
      `$JS.API.DIRECT.GET.${stream}`,
      Buffer.from(JSON.stringify(query)),
      { timeout: timeoutMs },
    );
    if (headers?.code === 404) return null;
    if (headers === undefined || headers.hasError)
      throw new Error(headers?.description ?? "an answer without headers");
    return { data, seq: Number(headers.get("Nats-Sequence")) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw translateNatsError(error, client);
  }
}

async function openBucket(client: NatsClient, bucket: Bucket): Promise<ObjectStore> {
  await jetStreamOf(client);
  return await client.nats.jetstream().views.os(bucket);
}

/**
 * The chunk that has byte `from`, and from which sequence number on it is found: right where the object's chunks were
 * stored without others in between, else the first one.
 */
async function startAt(
  client: NatsClient,
  stream: string,
  subject: string,
  { chunks, options }: z.infer<typeof infoSchema>,
  from: number,
): Promise<{ readonly chunk: number; readonly seq: number }> {
  const beginning = { chunk: 0, seq: 1 };
  const chunkBytes = options?.max_chunk_size;
  if (from === 0 || chunkBytes === undefined) return beginning;
  const first = await getStored(client, stream, { seq: 1, next_by_subj: subject });
  const last = await getStored(client, stream, { last_by_subj: subject });
  if (!first || !last || last.seq - first.seq !== chunks - 1) return beginning;
  const chunk = Math.min(chunks - 1, Math.floor(from / chunkBytes));
  return { chunk, seq: first.seq + chunk };
}

const infoSchema = z.object({
  nuid: z.string().regex(/^\w{1,64}$/),
  chunks: z.int().nonnegative(),
  digest: z.string(),
  deleted: z.boolean().optional(),
  options: z.object({ max_chunk_size: z.int().positive() }).optional(),
});

async function objectInfo(
  client: NatsClient,
  bucket: Bucket,
  name: string,
): Promise<z.infer<typeof infoSchema> | null> {
  const query = { last_by_subj: `$O.${bucket}.M.${objectToken(name)}` };
  const message = await getStored(client, `OBJ_${bucket}`, query, BUCKET_MS).catch((error: unknown) => {
    if (isTimeout(error instanceof GanglionError ? error.cause : error)) return null; // a bucket that does not exist does not answer
    throw error;
  });
  if (!message) return null;
  const info = infoSchema.parse(JSON.parse(Buffer.from(message.data).toString()));
  return info.deleted ? null : info;
}

/** No such message, or no such bucket. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "404" || error.code === "503");
}
