// The address of a NATS server, as a user writes it.
import { GanglionError } from "../../../errors.ts";
import { isLoopback } from "../../../http/loopback.ts";

export interface NatsAddress {
  /** `nats://HOST:PORT` or `tls://HOST:PORT` */
  readonly address: string;
  readonly user: string | null;
  /** What follows the host, without slashes: the run's name, or nothing. */
  readonly path: string;
  readonly loopback: boolean;
}

/** @throws GanglionError USAGE */
export function parseNatsUrl(url: string): NatsAddress {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^(nats|tls):$/.test(parsed.protocol) || parsed.hostname === "") {
    throw new GanglionError(
      "USAGE",
      `${url} is not the address of a NATS server: write nats://HOST:PORT, for example nats://127.0.0.1:4222`,
    );
  }
  if (parsed.password !== "") {
    throw new GanglionError(
      "USAGE",
      `the address of the NATS server at ${parsed.hostname} contains a password, which other users of this machine can see: pass it in GANGLION_TOKEN`,
    );
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  return {
    address: `${parsed.protocol}//${parsed.hostname}:${parsed.port || "4222"}`,
    user: parsed.username === "" ? null : decodeURIComponent(parsed.username),
    path: decodeURIComponent(parsed.pathname.replaceAll("/", "")),
    loopback: isLoopback(host),
  };
}
