// Flags that say how machines meet: a NATS server, a token, certificates.
import type { Command } from "commander";
import { GanglionError } from "../../shared/errors.ts";
import { isLoopback } from "../../shared/http/loopback.ts";
import type { Certificate } from "../../shared/http/http-server.ts";
import { readCertificate } from "../../shared/transport/tls/certificate-files.ts";
import type { NatsOptions } from "../../shared/transport/nats/client/client.ts";
import type { Address } from "./address.ts";
import { type Flag, type FlagValues, addFlags } from "./flag.ts";

export const DEFAULT_NATS_URL = "nats://127.0.0.1:4222";

/** Of every command that may talk to a NATS server. */
export const NATS_FLAGS = {
  nats: { argument: "<url>", help: "the NATS server, nats://[USER@]HOST:PORT" },
  token: {
    argument: "<secret>",
    variable: "GANGLION_TOKEN",
    help: "what coordinator, NATS server and dashboard ask for; with a USER, its password (or GANGLION_TOKEN)",
  },
  tlsCa: { argument: "<file>", help: "certificates to trust, PEM, if not those of the system" },
} as const satisfies Record<string, Flag>;
export type NatsFlags = FlagValues<typeof NATS_FLAGS>;

export function addNatsFlags(command: Command): Command {
  return addFlags(command, NATS_FLAGS);
}

/** The server's address and what it asks for. */
export function natsOptions({ nats = DEFAULT_NATS_URL, token, tlsCa }: NatsFlags): NatsOptions {
  return {
    url: nats,
    ...(token !== undefined && { token }),
    ...(tlsCa !== undefined && { tlsCaFile: tlsCa }),
  };
}

/** Of a command that listens. */
export const TLS_FLAGS = {
  tlsCert: { argument: "<file>", help: "certificate, PEM" },
  tlsKey: { argument: "<file>", help: "the certificate's key, PEM" },
} as const satisfies Record<string, Flag>;
export type TlsFlags = FlagValues<typeof TLS_FLAGS>;

/** `effect` says what a certificate is for. */
export function addTlsFlags(command: Command, effect: string): Command {
  const { tlsCert, tlsKey } = TLS_FLAGS;
  return addFlags(command, { tlsCert: { ...tlsCert, help: `${tlsCert.help}: ${effect}` }, tlsKey });
}

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

/**
 * Null when none is given.
 *
 * @throws GanglionError USAGE for one without the other, and for files that cannot be used
 */
export async function readTls({ tlsCert, tlsKey }: TlsFlags): Promise<Certificate | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    const [given, missing] =
      tlsCert === undefined ? ["--tls-key", "--tls-cert"] : ["--tls-cert", "--tls-key"];
    throw new GanglionError("USAGE", `${given} needs ${missing} beside it: give both, or neither`);
  }
  return await readCertificate({ certFile: tlsCert, keyFile: tlsKey });
}
