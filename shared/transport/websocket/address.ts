// A coordinator's address as the user gave it, and why a node cannot join there.
import { GanglionError, messageOf } from "../../errors.ts";
import { distrust } from "../tls/certificates.ts";
import { WORKERS_PATH, printable } from "./upgrade.ts";

/** `ws://host:port` with the path that nodes join at; a path before it (behind a proxy) is kept. */
export function workersUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^wss?:$/.test(parsed.protocol)) {
    throw new GanglionError(
      "USAGE",
      `cannot join ${url}: write the coordinator's address as ws://HOST:PORT or wss://HOST:PORT`,
    );
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new GanglionError(
      "USAGE",
      `the address of the coordinator at ${parsed.host} holds a name or password, which others on this machine can see: give its token by GANGLION_TOKEN`,
    );
  }
  const base = parsed.pathname.replace(/\/+$/, "");
  parsed.pathname = base.endsWith(WORKERS_PATH) ? base : base + WORKERS_PATH;
  return parsed;
}

export function unreachable(url: string, cause: Error): GanglionError {
  // Node reports a name with several addresses as an AggregateError, whose own message is empty.
  const why = cause.message || (cause instanceof AggregateError ? messageOf(cause.errors[0]) : cause.name);
  const distrusted = distrust(cause, url);
  if (distrusted) return distrusted;
  const isSecure = url.startsWith("wss:");
  const other = isSecure ? url.replace("wss:", "ws:") : url.replace("ws:", "wss:");
  if (/wrong version number/.test(why))
    return new GanglionError(
      "USAGE",
      `${url} speaks no TLS: write ${other}, or start the coordinator with --tls-cert and --tls-key`,
      { cause },
    );
  // What servers do to who speaks TLS and should not, or does not and should. One that is just ending does so too.
  const isMute = /^socket hang up$|before secure TLS connection/.test(why);
  const remedy = `is the coordinator running${isMute ? `, and not at ${other}` : ""}?`;
  return new GanglionError("TRANSPORT", `cannot reach ${url}: ${why}; ${remedy}`, { cause });
}

/** The coordinator answered with an HTTP status, and said something. */
export function refusedBy(
  { url, token }: { readonly url: string; readonly token?: string },
  status: number,
  said: string,
): GanglionError {
  if (status === 503)
    return new GanglionError("TRANSPORT", `${url} has no place for this node now: ${printable(said.trim())}`);
  if (status === 401) {
    return new GanglionError(
      "AUTH",
      token
        ? `${url} refuses the token: use the one that the coordinator was started with`
        : `${url} asks for a token, and none is set: give the coordinator's by --token or GANGLION_TOKEN`,
    );
  }
  return new GanglionError(
    "TRANSPORT",
    `${url} answered with HTTP status ${status}: is it a Ganglion coordinator?`,
  );
}
