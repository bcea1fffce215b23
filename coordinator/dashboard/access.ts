// Who may see the dashboard: checks the Host, the Origin and the token of every request.
import type { IncomingMessage } from "node:http";
import { GanglionError } from "../../shared/errors.ts";
import { isLoopback } from "../../shared/http/loopback.ts";
import {
  hostFromHere,
  isEverywhere,
  reachableHosts,
  withPort,
} from "../../shared/transport/tls/own-addresses.ts";
import { assertToken, isSameSecret } from "../../shared/http/token.ts";

/** Why a request is not answered: the HTTP status, a word to count it under, and a sentence for its sender. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

/** Who may see the dashboard, and under which addresses. */
export interface AccessPolicy {
  /** The values of `Host` that mean this server, lower case with port; null: any (see `createAccessPolicy`). */
  readonly hosts: ReadonlySet<string> | null;
  readonly token: string | null;
  /** Tokens that let a request steer the run, beside that; they let it read, too. */
  readonly steering: readonly string[];
  /** Cookies are the same for all ports of a host, so the name has the port. */
  readonly cookie: string;
  /** Where users reach it, without a slash at the end; `https:` where it has a certificate. */
  readonly url: string;
  /** The same for users of other machines; null where it listens for its own machine only. */
  readonly farUrl: string | null;
}

/**
 * Other machines may reach the dashboard only with a token.
 *
 * @throws GanglionError AUTH when it is missing or cannot be sent
 */
export function assertMayListen(host: string, token: string | undefined): void {
  if (token && /[\r\n]/.test(token)) assertToken(token); // blanks may be typed, and be in a password of a NATS server
  if (token?.trim() || isLoopback(host)) return;
  throw new GanglionError(
    "AUTH",
    `the dashboard may not listen on ${host || "every address"} without a token: ` +
      `give --token or GANGLION_TOKEN, or listen on 127.0.0.1 and reach it through an SSH tunnel`,
  );
}

export interface Bound {
  readonly host: string;
  readonly port: number;
  /** Of the server, PEM, where it has one. */
  readonly certificate?: Buffer | undefined;
}

/**
 * The rules for a server bound to `host` and `port`. A web page of a stranger can point its own name at this
 * address (DNS rebinding), so only names of this server are answered. 0.0.0.0 and :: stand for names that the
 * server cannot know; there the token, which is then required and which the stranger lacks, is the protection.
 */
export function createAccessPolicy(
  { host, port, certificate }: Bound,
  token: string | undefined,
  steering: readonly string[] = [],
): AccessPolicy {
  const names = [host, "localhost", "127.0.0.1", "::1"];
  const hosts = new Set(names.map((name) => withPort(name, port).toLowerCase()));
  const urlOf = (name: string): string => `http${certificate ? "s" : ""}://${withPort(name, port)}`;
  const [far] = reachableHosts(host, certificate);
  return {
    hosts: isEverywhere(host) ? null : hosts,
    token: token || null,
    steering,
    cookie: `ganglion-${port}`,
    url: urlOf(hostFromHere(host, certificate)),
    farUrl: isLoopback(far) ? null : urlOf(far),
  };
}

/** Null when Host and Origin are right; the token is checked separately. */
export function checkPlace(request: IncomingMessage, policy: AccessPolicy): Refusal | null {
  const usualPort = policy.url.startsWith("https:") ? 443 : 80;
  const host = normalized(request.headers.host, usualPort);
  if (host === null || (policy.hosts !== null && !policy.hosts.has(host)))
    return {
      status: 403,
      reason: "host",
      message: `${quoted(request.headers.host)} is not the name of this dashboard: open ${policy.url}`,
    };
  const { origin } = request.headers;
  if (origin === undefined || normalized(origin.replace(/^https?:\/\//, ""), usualPort) === host) return null;
  return {
    status: 403,
    reason: "origin",
    message: `pages of ${quoted(origin)} may not read this dashboard: open ${policy.url}`,
  };
}

/**
 * Null when no token is needed, or the right one is given: `?token=…`, `Authorization: Bearer …`, or the cookie that a
 * browser keeps once it gave the token (see `cookieFor`).
 */
export function checkToken(
  request: IncomingMessage,
  query: URLSearchParams,
  policy: AccessPolicy,
): Refusal | null {
  if (policy.token === null) return null;
  const given = givenToken(request, query, policy);
  if (maySteer(given, policy)) return null;
  const what = given === null ? "this dashboard needs a token" : "this is not the token of this dashboard";
  return {
    status: 401,
    reason: "token",
    message: `${what}: give it on the page /, or as ?token=… or the header Authorization: Bearer …`,
  };
}

/** Null when the request may steer the run, which always takes a token; also where reading takes none. */
export function checkSteering(
  request: IncomingMessage,
  query: URLSearchParams,
  policy: AccessPolicy,
): Refusal | null {
  const given = givenToken(request, query, policy);
  if (maySteer(given, policy)) return null;
  const what =
    given === null ? "to steer the run a token is needed" : "this is no token that may steer the run";
  return {
    status: 401,
    reason: "steering",
    message: `${what}: ganglion control RUN link prints the page's address with it, on the machine of the run`,
  };
}

/** Whether it is a token that may steer, and so may read. */
export function maySteer(given: string | null, { token, steering }: AccessPolicy): boolean {
  const valid = [...(token === null ? [] : [token]), ...steering];
  return given !== null && valid.some((one) => isSameSecret(given, one));
}

function givenToken(request: IncomingMessage, query: URLSearchParams, policy: AccessPolicy): string | null {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "");
  return bearer?.[1] ?? query.get("token") ?? cookieOf(request, policy.cookie);
}

/**
 * The header that makes a browser give the token from now on: to this server's pages and their sockets, not to scripts,
 * and with requests from other sites only where the user follows a link.
 */
export function cookieFor(policy: AccessPolicy, token: string): string {
  const secure = policy.url.startsWith("https:") ? "; Secure" : "";
  return `${policy.cookie}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Lax${secure}`;
}

function cookieOf(request: IncomingMessage, name: string): string | null {
  const pairs = (request.headers.cookie ?? "").split(/; */);
  const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
  if (value === undefined) return null;
  try {
    return decodeURIComponent(value);
  } catch {
    return value; // not written by us: it is no token either
  }
}

/** `name:port` in lower case, or null for what is no host. */
function normalized(host: string | undefined, usualPort: number): string | null {
  if (host === undefined || !/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host)) return null;
  return (/:\d+$/.test(host) && !host.endsWith("]") ? host : `${host}:${usualPort}`).toLowerCase();
}

function quoted(value: string | undefined): string {
  return value === undefined ? "a request without a Host" : JSON.stringify(value.slice(0, 100));
}
