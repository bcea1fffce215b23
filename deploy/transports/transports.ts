// The transports over which a command can serve a run, one row each; `shared/transport/join.ts` has the nodes' side.
import type { ServeOptions, Served } from "./served.ts";

export const TRANSPORT_NAMES = ["memory", "ws", "nats"] as const;
export type TransportName = (typeof TRANSPORT_NAMES)[number];

interface Transport {
  /** @throws GanglionError USAGE, AUTH, TRANSPORT where the run cannot be served */
  readonly serve: (options: ServeOptions) => Promise<Served>;
  /** Whether all nodes are threads of this process. */
  readonly isInProcess?: true;
  /** The coordinator's flag that asks for it; without any it listens for WebSockets. */
  readonly flag?: "nats";
  /** Why a coordinator's certificate is not for its nodes, where it is not. */
  readonly ownCertificate?: string;
}

/** What each needs is loaded when it serves. */
export const TRANSPORTS: Readonly<Record<TransportName, Transport>> = {
  memory: { serve: async () => (await import("./memory.ts")).serveInMemory(), isInProcess: true },
  ws: { serve: async (options) => (await import("./websocket.ts")).serveByWebSocket(options) },
  nats: {
    serve: async (options) => (await import("./nats.ts")).serveByNats(options),
    flag: "nats",
    ownCertificate:
      "nodes meet the NATS server, which has a certificate of its own (in a cluster file: broker: { tlsCert: … })",
  },
};

/** The one that a coordinator's flags ask for. */
export function transportOf(flags: { readonly nats?: string }): Transport {
  const asked = Object.values(TRANSPORTS).find(({ flag }) => flag !== undefined && flags[flag] !== undefined);
  return asked ?? TRANSPORTS.ws;
}
