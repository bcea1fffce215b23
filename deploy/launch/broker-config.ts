// The configuration of a launch's nats-server: as --dry-run prints it, and as it is written into its folder.
import { join, resolve } from "node:path";
import type { BrokerToStart } from "./cluster-file/broker-fields.ts";

/** On a busy machine a handshake takes longer than the server's own two seconds. */
const HANDSHAKE_S = 10;

/** The token comes from the environment: it must not stand in a file that others can read. */
export function brokerConfig({ listen, tlsCert, tlsKey }: BrokerToStart, folder: string): string[] {
  return [
    `listen: ${JSON.stringify(listen)}`,
    "max_payload: 8MB",
    `jetstream { store_dir: ${JSON.stringify(join(folder, "store"))} }`,
    "authorization { token: $GANGLION_TOKEN }",
    ...(tlsCert === undefined || tlsKey === undefined ? [] : [tlsBlock(tlsCert, tlsKey)]),
  ];
}

/** Absolute paths: the server resolves others from its configuration's folder. */
function tlsBlock(certFile: string, keyFile: string): string {
  const [cert, key] = [certFile, keyFile].map((file) => JSON.stringify(resolve(file)));
  return `tls { cert_file: ${cert}, key_file: ${key}, timeout: ${HANDSHAKE_S} }`;
}

export function schemeOf({ tlsCert }: BrokerToStart): "nats" | "tls" {
  return tlsCert === undefined ? "nats" : "tls";
}
