// The transports by which a node joins a run: the scheme of the address it was given says which. One row each.
import { GanglionError } from "../errors.ts";
import type { JoinOptions, Joined, NodeTransport } from "./joining.ts";

interface Transport {
  /** Of the addresses where nodes join. */
  readonly schemes: readonly string[];
  /** A node loads the one that it needs. */
  readonly load: () => Promise<NodeTransport>;
}

const TRANSPORTS: readonly Transport[] = [
  { schemes: ["ws", "wss"], load: () => import("./websocket/join-by-url.ts") },
  { schemes: ["nats", "tls"], load: () => import("./nats/join-by-url.ts") },
];

/** @throws GanglionError USAGE for an address of no transport, else what the transport throws: USAGE, AUTH, TRANSPORT */
export async function joinCoordinator(options: JoinOptions): Promise<Joined> {
  const { joinByUrl } = await transportOf(options.url);
  return joinByUrl(options);
}

/**
 * What a node is called that joins at the address and wants this name; undefined where it may choose one.
 *
 * @throws GanglionError USAGE for what is no address
 */
export async function nodeNameAt(url: string, wanted: string | undefined): Promise<string | undefined> {
  const { nodeNameAt: nameAt } = await transportOf(url);
  return nameAt ? nameAt(url, wanted) : wanted;
}

async function transportOf(url: string): Promise<NodeTransport> {
  const scheme = /^[a-z]+(?=:)/i.exec(url)?.[0].toLowerCase();
  const found = TRANSPORTS.find(({ schemes }) => scheme !== undefined && schemes.includes(scheme));
  if (found) return found.load();
  const known = TRANSPORTS.flatMap(({ schemes }) => schemes.map((one) => `${one}://HOST:PORT`));
  throw new GanglionError(
    "USAGE",
    `cannot join ${url}: write the address as ${known.slice(0, -1).join(", ")} or ${known.at(-1)}`,
  );
}
