// Opens Ganglion's HTTP servers: with or without a certificate, on an address that may be taken.
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { GanglionError, messageOf } from "../errors.ts";

/** A certificate and its key, PEM. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws GanglionError USAGE when certificate and key are none, or not of each other */
export function openServer(
  limits: ServerOptions,
  tls: Certificate | undefined,
  answer: RequestListener,
): Server {
  if (!tls) return createServer(limits, answer);
  try {
    return createTlsServer({ ...limits, ...tls }, answer);
  } catch (cause) {
    throw new GanglionError(
      "USAGE",
      `TLS cannot start with this certificate and key: ${messageOf(cause)}; give PEM files that belong together`,
      { cause },
    );
  }
}

export interface Place {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What to do where it is taken. */
  readonly remedy: string;
}

/**
 * Resolves with the port on which the server then listens.
 *
 * @throws GanglionError USAGE when the address is taken, or none of this machine's
 */
export async function startListening(server: Server, { host, port, remedy }: Place): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    const what = isTaken
      ? `port ${port} of ${host} is taken`
      : `cannot listen on ${host}, port ${port}: ${messageOf(error)}`;
    throw new GanglionError("USAGE", `${what}; ${remedy}`, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}
