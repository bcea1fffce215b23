// Flags that say how machines meet: a NATS server, a token, certificates.
import type { Command } from "commander";
import { GanglionError } from "../../shared/errors.ts";
import { isLoopback } from "../../shared/http/loopback.ts";
import type { Certificate } from "../../shared/http/http-server.ts";
import { readCertificate } from "../../shared/transport/tls/certificate-files.ts";
import type { NatsOptions } from "../../shared/transport/nats/client/client.ts";
import type { Address } from "./address.ts";

export interface NatsFlags {
  readonly nats?: string;
  readonly token?: string;
  readonly tlsCa?: string;
}

export const DEFAULT_NATS_URL = "nats://127.0.0.1:4222";

/** For every command that may talk to a NATS server. */
export function addNatsFlags(command: Command): Command {
  return command
    .option("--nats <url>", "the NATS server, nats://[USER@]HOST:PORT")
    .option(
      "--token <secret>",
      "what coordinator, NATS server and dashboard ask for; with a USER, its password (or GANGLION_TOKEN)",
      process.env["GANGLION_TOKEN"],
    )
    .option("--tls-ca <file>", "certificates to trust, PEM, if not those of the system");
}

/** The server's address and what it asks for. */
export function natsOptions({ nats = DEFAULT_NATS_URL, token, tlsCa }: NatsFlags): NatsOptions {
  return {
    url: nats,
    ...(token !== undefined && { token }),
    ...(tlsCa !== undefined && { tlsCaFile: tlsCa }),
  };
}

export interface TlsFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** For who listens; `effect` says what a certificate is for. */
export function addTlsFlags(command: Command, effect: string): Command {
  return command
    .option("--tls-cert <file>", `certificate, PEM: ${effect}`)
    .option("--tls-key <file>", "the certificate's key, PEM");
}

/** Of a coordinator. */
export const COORDINATOR_TLS = "workers then join by wss://, and a dashboard beyond loopback is https://";

/**
 * For a command whose nodes do not join by it: only a dashboard that other machines see then uses a certificate.
 *
 * @throws GanglionError USAGE with `remedy` where there is none
 */
export function assertForDashboard(
  { tlsCert, tlsKey, dashboard }: TlsFlags & { readonly dashboard: Address | "off" },
  remedy: string,
): void {
  if (tlsCert === undefined && tlsKey === undefined) return;
  if (dashboard !== "off" && !isLoopback(dashboard.host)) return;
  throw new GanglionError(
    "USAGE",
    `--tls-cert would protect nothing: the dashboard is ${dashboard === "off" ? "off" : "for this machine alone"} (--dashboard 0.0.0.0:8700 shows it to others), and ${remedy}`,
  );
}

/** Null when none is given; files that cannot be used are a USAGE error. */
export async function readTls({ tlsCert, tlsKey }: TlsFlags): Promise<Certificate | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    const [given, missing] =
      tlsCert === undefined ? ["--tls-key", "--tls-cert"] : ["--tls-cert", "--tls-key"];
    throw new GanglionError("USAGE", `${given} needs ${missing} beside it: give both, or neither`);
  }
  return await readCertificate({ certFile: tlsCert, keyFile: tlsKey });
}
