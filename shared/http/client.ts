// Files from the web, through the proxy that the environment names: Node's own fetch heeds it only in later versions.
import type { Dispatcher } from "undici";
import { GanglionError, messageOf } from "../errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpAnswer {
  readonly status: number;
  /** In lower case, such as `content-range`; null for none, or for several. */
  header(name: string): string | null;
  /** As it comes, in pieces; who stops taking it closes the connection. @throws Error when the connection breaks */
  readonly body: AsyncIterable<Uint8Array>;
  /** Drops what was not taken. */
  discard(): void;
}

export interface HttpClient {
  /**
   * Follows redirects. With `from`, only the bytes from there on are asked for: status 206 says that the server agrees.
   *
   * @throws Error with the reason of the system or the proxy
   */
  get(url: string, options?: { readonly from?: number }): Promise<HttpAnswer>;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** A server that says nothing for so long is taken as gone. */
const SILENCE_MS = 30_000;
const REDIRECTS = 10;

/**
 * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the environment, in capitals or not.
 *
 * @throws GanglionError USAGE when one of them is no address
 */
export async function createHttpClient(environment: Environment = process.env): Promise<HttpClient> {
  const { EnvHttpProxyAgent, interceptors, request } = await import("undici");
  const agent = new EnvHttpProxyAgent({
    httpProxy: proxyOf(environment, "HTTP_PROXY"),
    httpsProxy: proxyOf(environment, "HTTPS_PROXY"),
    noProxy: environment["no_proxy"] ?? environment["NO_PROXY"] ?? "",
    proxyTunnel: false, // plain http is asked of the proxy itself: many allow tunnels to port 443 only
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  });
  const dispatcher: Dispatcher = agent.compose(interceptors.redirect({ maxRedirections: REDIRECTS }));
  return {
    async get(url, { from = 0 } = {}) {
      const { statusCode, headers, body } = await request(url, {
        dispatcher,
        headers: {
          "user-agent": "ganglion",
          "accept-encoding": "identity", // a file is wanted as it lies there: its hash is known
          ...(from > 0 && { range: `bytes=${from}-` }),
        },
      });
      body.on("error", () => {}); // whoever takes the body hears of it
      return {
        status: statusCode,
        header(name) {
          const value = headers[name];
          return typeof value === "string" ? value : null;
        },
        body,
        discard: () => void body.destroy(),
      };
    },
    close: () => agent.destroy(),
  };
}

/** An empty string for none, which keeps undici from looking at the process's environment. */
function proxyOf(environment: Environment, name: "HTTP_PROXY" | "HTTPS_PROXY"): string {
  const value = environment[name.toLowerCase()] || environment[name];
  if (!value)
    return name === "HTTPS_PROXY" && environment["HTTP_PROXY"] ? proxyOf(environment, "HTTP_PROXY") : "";
  const url = value.includes("://") ? value : `http://${value}`;
  if (URL.canParse(url) && /^https?:/i.test(url)) return url;
  throw new GanglionError(
    "USAGE",
    `${name} is ${value}, which is no address of an HTTP proxy: give one such as http://proxy.example:3128`,
  );
}

/** What went wrong, of errors that hide it in their cause, or have several for the addresses of one host. */
export function networkReasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return networkReasonOf(error.errors[0]);
  if (error instanceof Error && error.cause) return networkReasonOf(error.cause);
  return messageOf(error);
}
