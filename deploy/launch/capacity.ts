// How many nodes `ganglion scale` may put on one host: a node for each GPU, or as many as its cores can serve.
import { availableParallelism } from "node:os";
import type { Host } from "./cluster-file/host.ts";
import { gpusOf } from "./launch-plan.ts";

/** Threads a core of this machine: more would only wait for each other and fill its memory. */
const THREADS_A_CORE = 4;
/** On a machine whose cores are not known. */
const UNKNOWN = 64;

/** At least what the file says of the host. `cores`: of this machine. */
export function capacityOf(host: Host, cores: number = availableParallelism()): number {
  const gpus = gpusOf(host);
  if (gpus) return gpus.length;
  const said = host.nodes ?? 1;
  switch (host.reach.kind) {
    case "local":
      return Math.max(said, Math.floor((THREADS_A_CORE * cores) / host.threads));
    case "ssh":
      return Math.max(said, UNKNOWN);
    case "command":
      return Infinity; // a scheduler knows itself what it has
    default:
      return host.reach satisfies never;
  }
}
