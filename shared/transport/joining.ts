// What a transport has to offer to nodes: how they join by an address.
import type { FetchData } from "../data/packed/fetch.ts";
import type { Connection } from "./transport.ts";

export interface JoinOptions {
  /** `ws://` or `wss://HOST:PORT` of a coordinator; `nats://HOST:PORT`, and `/RUN`, of a NATS server. */
  readonly url: string;
  /** Which run of a NATS server; default the one in the address, or the only one. */
  readonly run?: string;
  readonly token?: string;
  /** File with the certificates to trust, PEM; default: those of the system. */
  readonly tlsCaFile?: string;
  /** What the coordinator calls this node. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

export interface Joined {
  readonly connection: Connection;
  readonly fetchData: FetchData;
  /** Whether the run is known to have ended, when its coordinator is gone: over WebSockets nobody is left to ask. */
  readonly hasEnded: () => Promise<boolean>;
}

/** A node's side of a transport. */
export interface NodeTransport {
  /** @throws GanglionError USAGE, AUTH, TRANSPORT */
  readonly joinByUrl: (options: JoinOptions) => Promise<Joined>;
  /**
   * What a node is called that joins at the address and wants this name, where others than itself have a say in that;
   * undefined where it may choose.
   *
   * @throws GanglionError USAGE for what is no address
   */
  readonly nodeNameAt?: (url: string, wanted: string | undefined) => string | undefined;
}
