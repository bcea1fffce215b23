// What a transport has to offer to the commands that run a coordinator.
import type { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { Dashboard } from "../../coordinator/dashboard/server.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { NatsOptions } from "../../shared/transport/nats/client/client.ts";
import type { Connection, Hub } from "../../shared/transport/transport.ts";
import type { ListenOptions } from "../../shared/transport/websocket/server.ts";

/** All that a command knows of where and how to serve; each transport takes its part. */
export interface ServeOptions {
  /** How this process listens, where it does. */
  readonly listen: ListenOptions;
  /** The server that messages go through, where there is one. */
  readonly server: NatsOptions;
  /** The run's name there. */
  readonly run: string;
  /** What others find there, beside the run. */
  readonly datasets: readonly Dataset[];
  readonly history: EventHistory;
  /** Where browsers see the run; null when the dashboard is off. */
  readonly dashboard: Pick<Dashboard, "url" | "farUrl"> | null;
}

/** A run that nodes can join. */
export interface Served {
  readonly hub: Hub;
  /** How a node on this machine joins. */
  readonly join: LocalJoin;
}

export type LocalJoin =
  | { readonly kind: "in process"; readonly connect: (node: string) => Connection }
  | {
      readonly kind: "process";
      /** Of `ganglion worker`. */
      readonly flags: readonly string[];
      /** Others can read arguments: a token goes here. */
      readonly environment: Readonly<Record<string, string>>;
    };
