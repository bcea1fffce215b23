// The handshake of the WebSocket transport: who may upgrade, and with which sentence others are refused.
import type { IncomingMessage } from "node:http";
import { isSameSecret } from "../../http/token.ts";
import type { NoPlace, Places } from "../places.ts";

/** Where nodes join. */
export const WORKERS_PATH = "/workers";

/** Request header with the node's name, URI-encoded. */
export const NAME_HEADER = "x-ganglion-node";

export interface Refusal {
  /** Of the HTTP answer. */
  readonly status: number;
  readonly sentence: string;
}

/** Why this request may not become a connection, with the reason to count it under; null when it may. */
export function judgeUpgrade(
  request: IncomingMessage,
  token: string | undefined,
): (Refusal & { readonly fault: "origin" | "path" | "token" }) | null {
  if (request.headers.origin !== undefined) {
    // Browsers always send it: without this check any web page could talk to a coordinator on loopback.
    return { fault: "origin", status: 403, sentence: "Browsers cannot join as nodes." };
  }
  if (request.url?.split("?")[0] !== WORKERS_PATH) {
    return { fault: "path", status: 404, sentence: `Nodes join at ${WORKERS_PATH}.` };
  }
  return judgeToken(request, token);
}

/** Null when no token is needed, or the right one is given. */
export function judgeToken(
  request: IncomingMessage,
  token: string | undefined,
): (Refusal & { readonly fault: "token" }) | null {
  if (!token || isSameSecret(request.headers.authorization ?? "", `Bearer ${token}`)) return null;
  const sentence = "Missing or wrong token: send 'Authorization: Bearer TOKEN' with the coordinator's token.";
  return { fault: "token", status: 401, sentence };
}

/** Null where a connection more has a place. */
export function noPlace(places: Places): (Refusal & Pick<NoPlace, "fault">) | null {
  const lacking = places.lacking();
  return lacking && { ...lacking, status: 503 };
}

/** The name the node gave itself, printable and short, and where it comes from. */
export function describePeer(request: IncomingMessage): string {
  const { remoteAddress, remotePort } = request.socket;
  const header = request.headers[NAME_HEADER];
  const name = decodeName(typeof header === "string" ? header : "");
  return `${name || "a node"} (${remoteAddress ?? "unknown"}:${remotePort ?? 0})`;
}

function decodeName(encoded: string): string {
  try {
    return printable(decodeURIComponent(encoded)).slice(0, 100);
  } catch {
    return ""; // not URI-encoded: no name
  }
}

/** What others wrote, without what steers terminals. */
export function printable(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?");
}
