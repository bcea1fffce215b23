// How a node joins by nothing but the address of a NATS server: which run, and where its data come from.
import { parseNatsUrl } from "./client/address.ts";
import { type NatsClient, type NatsOptions, connectNatsServer } from "./client/client.ts";
import type { JoinOptions, Joined } from "../joining.ts";
import { joinNats } from "./join.ts";
import { hasEnded, onlyRun } from "./registry.ts";
import { awaitObject, getObject } from "./store.ts";
import { nameWithin } from "./subjects.ts";

/** A coordinator sends a large data set to the NATS server while nodes join. */
const PATIENCE_MS = 300_000;

export async function joinByUrl(options: JoinOptions): Promise<Joined> {
  const { url, token, tlsCaFile, name, signal, say } = options;
  const server: NatsOptions = {
    url,
    signal,
    ...(token !== undefined && { token }),
    ...(tlsCaFile !== undefined && { tlsCaFile }),
  };
  const run = options.run ?? (parseNatsUrl(url).path || (await findRun(server)));
  const connection = await joinNats({ ...server, run, name, say });
  return {
    connection,
    fetchData: (fingerprint, from) => fetchDataByNats(server, fingerprint, from),
    hasEnded: () => askServer(server, (client) => hasEnded(client, run)),
  };
}

/** Where users have rights of their own (deploy/nats.conf), a node goes by its user's name. */
export function nodeNameAt(url: string, wanted: string | undefined): string | undefined {
  const { user } = parseNatsUrl(url);
  return user === null ? wanted : nameWithin(user, wanted);
}

function findRun(server: NatsOptions): Promise<string> {
  return askServer(server, onlyRun);
}

async function askServer<T>(server: NatsOptions, question: (client: NatsClient) => Promise<T>): Promise<T> {
  const client = await connectNatsServer(server);
  try {
    return await question(client);
  } finally {
    await client.close();
  }
}

async function* fetchDataByNats(
  server: NatsOptions,
  fingerprint: string,
  from: number,
): AsyncGenerator<Uint8Array> {
  const client = await connectNatsServer(server);
  const { signal } = server;
  try {
    const waiting = { patienceMs: PATIENCE_MS, ...(signal && { signal }) };
    await awaitObject(client, "ganglion-data", fingerprint, waiting); // else what follows says that it is not there
    yield* getObject(client, "ganglion-data", fingerprint, from);
  } finally {
    await client.close();
  }
}
