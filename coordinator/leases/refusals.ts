// What a coordinator has refused since it started: what did not become a message, and contributions that were not taken.
import type { Hub } from "../../shared/transport/transport.ts";
import type { Leases } from "./leases.ts";

/** How often, by reason; some reasons are known to both, such as a wrong length. */
export function refusalsOf(
  hub: Pick<Hub, "status">,
  leases: Pick<Leases, "refused">,
): Record<string, number> {
  const sum: Record<string, number> = { ...hub.status().rejected };
  for (const [reason, times] of Object.entries(leases.refused)) sum[reason] = (sum[reason] ?? 0) + times;
  return sum;
}
