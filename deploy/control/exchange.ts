// One exchange with a run's `/control`, over the socket on its machine or over its dashboard's address.
import { readFile } from "node:fs/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { GanglionError, messageOf } from "../../shared/errors.ts";

/** How a run is reached. */
export type ControlPlace =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "address"; readonly url: URL; readonly token: string; readonly tlsCa?: string };

export interface ControlReply {
  readonly status: number;
  readonly text: string;
}

/** Longer than the run lets a request wait. */
const SILENCE_MS = 25_000;
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Sends `body`, or asks with GET where there is none.
 *
 * @throws the system's error; GanglionError USAGE for certificates that cannot be read
 */
export async function exchange(place: ControlPlace, body?: object): Promise<ControlReply> {
  const text = body && JSON.stringify(body);
  const ca = place.kind === "address" && place.tlsCa !== undefined ? await readCa(place.tlsCa) : undefined;
  return new Promise((resolve, reject) => {
    const hear = (response: IncomingMessage): void => void read(response).then(resolve, reject);
    const options = {
      method: text === undefined ? "GET" : "POST",
      path: "/control",
      agent: false,
      headers: {
        ...(text !== undefined && {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
        }),
        ...(place.kind === "address" && { authorization: `Bearer ${place.token}` }),
      },
    } as const;
    const asked =
      place.kind === "socket"
        ? requestHttp({ ...options, socketPath: place.path }, hear)
        : place.url.protocol === "https:"
          ? requestHttps(new URL("/control", place.url), { ...options, ca }, hear)
          : requestHttp(new URL("/control", place.url), options, hear);
    asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
    asked.on("error", reject);
    asked.end(text);
  });
}

async function read(response: IncomingMessage): Promise<ControlReply> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error("the answer is too long to be a run's");
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") };
}

async function readCa(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new GanglionError("USAGE", `--tls-ca ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
