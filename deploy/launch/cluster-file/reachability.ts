// Whether a host on another machine can reach the coordinator or the broker; if not, why, in a sentence.
import { addressOf } from "../../flags/address.ts";
import { schemeOf } from "../broker-config.ts";
import type { Broker } from "./broker-fields.ts";
import { isReachableByOthers } from "./cluster-fields.ts";
import type { Host } from "./host.ts";

export interface ReachabilityMistake {
  /** In the cluster file. */
  readonly path: readonly [section: string, field: string];
  readonly sentence: string;
}

/** Where coordinator and broker listen, and how the hosts see that. */
interface Addresses {
  readonly coordinator: { readonly listen: string; readonly join?: string | undefined };
  readonly broker: Broker;
}

/** Null where the host is on this machine, or gets an address that it may reach. */
export function reachabilityMistake(
  { name, reach }: Host,
  { coordinator, broker }: Addresses,
): ReachabilityMistake | null {
  if (reach.kind === "local") return null;
  const unless = (
    path: ReachabilityMistake["path"],
    seen: string | undefined,
    listening: string,
    example: string,
  ): ReachabilityMistake | null => {
    if (seen !== undefined || isReachableByOthers(listening)) return null;
    const wide = `0.0.0.0:${addressOf(listening)?.port}`;
    const remedy = `${listening === wide ? "" : `listen on ${wide}, and `}say in ${path[1]} how the hosts see that, e.g. ${example}`;
    return { path, sentence: `${name} cannot reach ${listening}: ${remedy}` };
  };
  switch (broker.kind) {
    case "none":
      return unless(["coordinator", "join"], coordinator.join, coordinator.listen, "ws://192.0.2.7:8701");
    case "nats":
      return null;
    case "start":
      return unless(["broker", "url"], broker.url, broker.listen, `${schemeOf(broker)}://192.0.2.7:4222`);
    default:
      return broker satisfies never;
  }
}
