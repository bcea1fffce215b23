// Answers the plain HTTP requests of the dashboard: the page, the routes of /api, the pictures and the health check.
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../../shared/errors.ts";
import {
  checkPlace,
  checkSteering,
  checkToken,
  cookieFor,
  maySteer,
  type AccessPolicy,
  type Refusal,
} from "./access.ts";
import { type ControlDesk, answerControl } from "./control/answer-control.ts";
import type { Reply } from "./api/reply.ts";
import { runReply } from "./api/run-routes.ts";
import { loginPage } from "./login.ts";
import type { PlainPage } from "./plain-page.ts";
import { CONTENT_SECURITY_POLICY, type PageFile, type PageFiles } from "./page-files.ts";
import type { Site } from "./site.ts";

export interface Content {
  readonly policy: AccessPolicy;
  readonly site: Site;
  /** Null where the run cannot be steered. */
  readonly control: ControlDesk | null;
  /** Read with the first request for it. */
  readonly page: () => Promise<PageFiles>;
}

/** Answers a request; resolves, never rejects, with the refusal when it was not answered as asked. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  content: Content,
): Promise<Refusal | null> {
  try {
    const refusal = await tryAnswer(request, response, content);
    if (refusal && !response.headersSent) sendRefusal(response, refusal);
    return refusal;
  } catch (error) {
    // The disk failed, or the reader went away in the middle of a picture.
    const refusal = { status: 500, reason: "broken", message: messageOf(error) };
    if (response.headersSent) response.destroy();
    else sendRefusal(response, refusal);
    return refusal;
  }
}

export function urlOf(request: IncomingMessage): URL | null {
  const base = "http://localhost";
  return URL.canParse(request.url ?? "", base) ? new URL(request.url ?? "", base) : null;
}

export function notFound(): Refusal {
  return {
    status: 404,
    reason: "path",
    message: "nothing is here: try /, /api, /health, /metrics or /events",
  };
}

async function tryAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { policy, site, control, page }: Content,
): Promise<Refusal | null> {
  const url = urlOf(request);
  const misplaced = checkPlace(request, policy) ?? (url === null ? notFound() : null);
  if (misplaced || url === null) return misplaced;
  if (url.pathname === "/control" && control)
    return checkSteering(request, url.searchParams, policy) ?? answerControl(request, response, control);
  if (request.method !== "GET" && request.method !== "HEAD")
    return { status: 405, reason: "method", message: "the dashboard is read-only: use GET" };
  // Without the token, so that a cluster's probe may ask.
  if (url.pathname === "/health" || url.pathname === "/healthz")
    return send(response, "application/json", healthOf(site));
  const stranger = checkToken(request, url.searchParams, policy);
  const wantsPage = PAGE_PATH.test(url.pathname) && (request.headers.accept ?? "").includes("text/html");
  if (wantsPage && stranger) return sendLogin(response, stranger, url.searchParams.has("token"));
  if (stranger) return stranger;
  // The browser's address and history are rid of the token; programs, which keep no cookies, have no use for that.
  if (wantsPage && url.searchParams.has("token")) return keepToken(response, url, policy);
  const asset = url.pathname.startsWith("/assets/") ? (await page()).get(url.pathname) : undefined;
  if (asset) return sendPage(request, response, asset);
  const own = await site.reply(url.pathname, url.searchParams);
  if (own) return sendReply(request, response, own);
  const place = await site.find(url.pathname);
  if (!place) return notFound();
  const { run, base, path } = place;
  if (path === "/") {
    const file = (await page()).get("/");
    return file ? sendPage(request, response, file) : unbuilt();
  }
  const reply = await runReply(run, { path, base, query: url.searchParams });
  if (reply) return sendReply(request, response, reply);
  if (path === "/events")
    return {
      status: 426,
      reason: "upgrade",
      message: "this is a WebSocket: connect with ws:// instead of http://",
    };
  const sample = /^\/samples\/([\w-][\w.-]*\.png)$/.exec(path)?.[1];
  return sample ? sendFile(response, join(run.folder.samples, sample)) : notFound();
}

/** Of the page, of the only run or of one of several. */
const PAGE_PATH = /^\/(?:runs\/[^/]+\/)?$/;

/** Says that the server lives, and whether the training does where it shows one. */
function healthOf({ only }: Site): string {
  const run = only?.history.latestRun();
  return JSON.stringify({
    status: "ok",
    run: run?.run ?? null,
    state: run?.state ?? null,
    events: only?.history.newest ?? 0,
  });
}

function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): Refusal | null {
  switch (reply.kind) {
    case "json":
      return send(response, "application/json", JSON.stringify(reply.value));
    case "text":
      return send(response, reply.type, reply.text);
    case "redirect":
      response.writeHead(308, { ...HEADERS, location: reply.location });
      response.end();
      return null;
    case "page":
      sendPlainPage(response, 200, reply);
      return null;
    case "picture":
      return sendPicture(request, response, reply);
    case "refusal":
      return reply;
    default:
      return reply satisfies never;
  }
}

/** A browser keeps it, and asks whether it is still the same. */
function sendPicture(
  request: IncomingMessage,
  response: ServerResponse,
  { type, bytes, etag }: Extract<Reply, { kind: "picture" }>,
): null {
  const caching = { etag, "cache-control": "private, no-cache" };
  const isKept = request.headers["if-none-match"] === etag;
  const length = { "content-type": type, "content-length": bytes.length };
  response.writeHead(isKept ? 304 : 200, { ...HEADERS, ...caching, ...(!isKept && length) });
  response.end(isKept ? undefined : bytes);
  return null;
}

function send(response: ServerResponse, type: string, text: string): null {
  response.writeHead(200, { ...HEADERS, "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
  return null;
}

/** What has its hash in its name is kept by the browser; the page itself is asked for every time, by its ETag. */
function sendPage(request: IncomingMessage, response: ServerResponse, file: PageFile): null {
  const caching = {
    etag: file.etag,
    vary: "accept-encoding",
    "cache-control": file.isHashed ? "private, max-age=31536000, immutable" : "private, no-cache",
  };
  if (request.headers["if-none-match"] === file.etag) {
    response.writeHead(304, { ...HEADERS, ...caching });
    response.end();
    return null;
  }
  const isGzipped = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  const bytes = isGzipped ? file.gzipped : file.bytes;
  response.writeHead(200, {
    ...HEADERS,
    ...caching,
    ...(isGzipped && { "content-encoding": "gzip" }),
    "content-type": file.type,
    "content-length": bytes.byteLength,
  });
  response.end(bytes);
  return null;
}

function unbuilt(): Refusal {
  const message = "the page is not built: run npm run build, and reload";
  return { status: 503, reason: "unbuilt", message };
}

/** The refusal is counted as any other; a person gets it as a page with a field for the token. */
function sendLogin(response: ServerResponse, refusal: Refusal, wasWrong: boolean): Refusal {
  sendPlainPage(response, refusal.status, loginPage(wasWrong));
  return refusal;
}

function sendPlainPage(response: ServerResponse, status: number, { html, policy }: PlainPage): void {
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
  response.writeHead(status, { ...HEADERS, ...headers });
  response.end(html);
}

/** Where reading takes no token, one that cannot steer either is not kept. */
function keepToken(
  response: ServerResponse,
  { searchParams, pathname: location }: URL,
  policy: AccessPolicy,
): null {
  const token = searchParams.get("token");
  const cookie = token !== null && maySteer(token, policy) ? { "set-cookie": cookieFor(policy, token) } : {};
  response.writeHead(303, { ...HEADERS, location, ...cookie });
  response.end();
  return null;
}

/** A regular file, never what a link points to. */
async function sendFile(response: ServerResponse, path: string): Promise<Refusal | null> {
  const file = await open(path, READ_NO_LINK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ELOOP") return null;
    throw error;
  });
  if (!file) return notFound();
  const stat = await file.stat();
  if (!stat.isFile()) {
    await file.close();
    return notFound();
  }
  response.writeHead(200, { ...HEADERS, "content-type": "image/png", "content-length": stat.size });
  // The size it had at first: a file that grows in between must not spill over the announced length.
  await pipeline(file.createReadStream({ end: Math.max(0, stat.size - 1) }), response);
  return null;
}

function sendRefusal(response: ServerResponse, { status, message }: Refusal): void {
  response.writeHead(status, {
    ...HEADERS,
    "content-type": "text/plain; charset=utf-8",
    connection: "close",
  });
  response.end(`${message}\n`);
}

/** Non-blocking, or a pipe by that name would keep a thread of Node waiting. */
const READ_NO_LINK = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-resource-policy": "same-origin",
  // The address may hold the token.
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
