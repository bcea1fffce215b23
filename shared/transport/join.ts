// How a node joins by nothing but an address: the scheme says over which transport, and where data sets come from.
import type { FetchData } from "../data/packed.ts";
import { GanglionError } from "../errors.ts";
import { readAuthorities } from "./tls/certificate-files.ts";
import { type NatsClient, type NatsOptions, connectNatsServer } from "./nats/client/client.ts";
import { parseNatsUrl } from "./nats/client/address.ts";
import { hasEnded, onlyRun } from "./nats/registry.ts";
import { awaitObject, getObject } from "./nats/store.ts";
import { joinNats } from "./nats/join.ts";
import type { Connection } from "./transport.ts";
import { connectWebSocket } from "./websocket/client.ts";
import { fetchDataByHttp } from "./websocket/data.ts";

export interface JoinOptions {
  /** `ws://` or `wss://HOST:PORT` of a coordinator; `nats://HOST:PORT`, and `/RUN`, of a NATS server. */
  readonly url: string;
  /** Which run of a NATS server; default the one in the address, or the only one. */
  readonly run?: string;
  readonly token?: string;
  /** File with the certificates to trust, PEM; default: those of the system. */
  readonly tlsCaFile?: string;
  /** What the coordinator calls this node. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

export interface Joined {
  readonly connection: Connection;
  readonly fetchData: FetchData;
  /** Whether the run is known to have ended, when its coordinator is gone: over WebSockets nobody is left to ask. */
  readonly hasEnded: () => Promise<boolean>;
}

/** A coordinator sends a large data set to the NATS server while nodes join. */
const PATIENCE_MS = 300_000;

/** @throws GanglionError USAGE, AUTH, TRANSPORT as the transports do */
export async function joinCoordinator(options: JoinOptions): Promise<Joined> {
  return /^(nats|tls):/.test(options.url) ? joinByNats(options) : joinByWebSocket(options);
}

/** Where nodes join a run of a NATS server. */
export function natsRunUrl(url: string, run: string): string {
  return `${url.replace(/\/+$/, "")}/${encodeURIComponent(run)}`;
}

async function joinByNats(options: JoinOptions): Promise<Joined> {
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
    fetchData: (fingerprint) => fetchDataByNats(server, fingerprint),
    hasEnded: () => askServer(server, (client) => hasEnded(client, run)),
  };
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

async function* fetchDataByNats(server: NatsOptions, fingerprint: string): AsyncGenerator<Uint8Array> {
  const client = await connectNatsServer(server);
  const { signal } = server;
  try {
    const waiting = { patienceMs: PATIENCE_MS, ...(signal && { signal }) };
    await awaitObject(client, "ganglion-data", fingerprint, waiting); // else what follows says that it is not there
    yield* getObject(client, "ganglion-data", fingerprint);
  } finally {
    await client.close();
  }
}

async function joinByWebSocket({ url, token, tlsCaFile, name, signal }: JoinOptions): Promise<Joined> {
  if (tlsCaFile !== undefined && url.startsWith("ws:"))
    throw new GanglionError(
      "USAGE",
      `${url} is not encrypted, so that no certificate is asked for: write ${url.replace(/^ws:/, "wss:")}, or leave out --tls-ca`,
    );
  const trusted = {
    url,
    ...(token !== undefined && { token }),
    ...(tlsCaFile !== undefined && { ca: await readAuthorities(tlsCaFile) }),
  };
  const connection = await connectWebSocket({ ...trusted, name, signal });
  return {
    connection,
    fetchData: (fingerprint) => fetchDataByHttp(trusted, fingerprint),
    hasEnded: () => Promise.resolve(false),
  };
}
