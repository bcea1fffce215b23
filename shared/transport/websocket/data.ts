// Data sets over the coordinator's own port, by HTTP: `GET /data/<fingerprint>`, for nodes that do not have them.
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { GanglionError, messageOf } from "../../errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import { packDataset, packedSizeBytes } from "../../data/packed/packed.ts";
import { distrust } from "../tls/certificates.ts";
import { judgeToken } from "./upgrade.ts";

const DATA_PATH = "/data/";
const IDLE_MS = 60_000;

/** Answers a node that asks for a data set; false when the request is for something else. */
export function answerData(
  request: IncomingMessage,
  response: ServerResponse,
  { token, datasets }: { readonly token: string | undefined; readonly datasets: readonly Dataset[] },
): boolean {
  if (request.method !== "GET" || !request.url?.startsWith(DATA_PATH)) return false;
  if (request.headers.origin !== undefined || judgeToken(request, token) !== null) {
    response.writeHead(401, { Connection: "close" }).end("Missing or wrong token.\n");
    return true;
  }
  const wanted = request.url.slice(DATA_PATH.length);
  const dataset = datasets.find(({ fingerprint }) => fingerprint === wanted);
  if (dataset) void send(response, dataset, firstByte(request));
  else response.writeHead(404, { Connection: "close" }).end("There is no such data set.\n");
  return true;
}

/**
 * From byte `from` of it on. A node that reads slowly slows this down; one that stops reading ends it.
 */
async function send(response: ServerResponse, dataset: Dataset, from: number): Promise<void> {
  const size = packedSizeBytes(dataset);
  response.setTimeout(IDLE_MS, () => response.destroy());
  if (from >= size) {
    response.writeHead(416, { Connection: "close", "Content-Range": `bytes */${size}` }).end();
    return;
  }
  response.writeHead(from === 0 ? 200 : 206, {
    "Content-Type": "application/octet-stream",
    "Content-Length": size - from,
    ...(from > 0 && { "Content-Range": `bytes ${from}-${size - 1}/${size}` }),
  });
  for await (const piece of packDataset(dataset, from)) {
    if (response.destroyed) return;
    // The piece is written anew for the next one: it has to be gone before that.
    const written = new Promise<void>((resolve) => response.write(piece, () => resolve()));
    await Promise.race([written, once(response, "close")]);
  }
  response.end();
}

/** `Range: bytes=N-`, which is all that nodes ask for; everything else begins at 0. */
function firstByte(request: IncomingMessage): number {
  const [, from] = /^bytes=(\d{1,15})-$/.exec(request.headers.range ?? "") ?? [];
  return Number(from ?? 0);
}

export interface FetchOptions {
  /** The coordinator's WebSocket address. */
  readonly url: string;
  readonly token?: string;
  readonly ca?: Buffer;
}

/**
 * The packed data set from byte `from` on.
 *
 * @throws GanglionError DATA when the coordinator has it not, or less of it, AUTH, TRANSPORT
 */
export async function* fetchDataByHttp(
  { url, token, ca }: FetchOptions,
  fingerprint: string,
  from = 0,
): AsyncGenerator<Uint8Array> {
  const address = new URL(url.replace(/^ws/, "http"));
  address.pathname = address.pathname.replace(/\/(workers\/?)?$/, "") + DATA_PATH + fingerprint;
  const request = (address.protocol === "https:" ? requestHttps : requestHttp)(address, {
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(from > 0 && { range: `bytes=${from}-` }),
    },
    timeout: IDLE_MS,
    ...(ca && { ca }),
  });
  request.on("timeout", () => request.destroy(new Error(`nothing came for ${IDLE_MS / 1000} s`)));
  request.end();
  try {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    if (response.statusCode !== (from > 0 ? 206 : 200)) {
      response.resume();
      throw new GanglionError(
        response.statusCode === 401 ? "AUTH" : "DATA",
        `${url} does not give the run's data (HTTP status ${response.statusCode}): name a copy on this machine by --data`,
      );
    }
    yield* response;
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    throw (
      distrust(cause, url) ??
      new GanglionError("TRANSPORT", `fetching the run's data from ${url} failed: ${messageOf(cause)}`, {
        cause,
      })
    );
  }
}
