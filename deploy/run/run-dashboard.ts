// The dashboard of a run: where it listens, and who may see it.
import type { EventHistory } from "../../coordinator/dashboard/history.ts";
import { type Dashboard, type DashboardOptions, startDashboard } from "../../coordinator/dashboard/server.ts";
import { siteOfRun } from "../../coordinator/dashboard/site.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import type { Certificate } from "../../shared/http/http-server.ts";
import { isLoopback } from "../../shared/http/loopback.ts";
import type { DashboardAddress } from "../flags/address.ts";

export interface DashboardPlace {
  readonly dashboard: DashboardAddress | "off";
  /** What it asks for where it can be reached from other machines. */
  readonly token?: string | undefined;
  /** There too: its certificate. */
  readonly tls?: Certificate | null;
}

/**
 * Null when it is off. What can be reached from this machine only needs neither token nor certificate.
 *
 * @throws GanglionError as `startDashboard`
 */
export async function openDashboard(
  { dashboard: address, token, tls }: DashboardPlace,
  history: EventHistory,
  folder: RunPaths,
  control?: DashboardOptions["control"],
): Promise<Dashboard | null> {
  if (address === "off") return null;
  const { host, port, orFree = false } = address;
  const access = isLoopback(host) ? {} : { token, tls: tls ?? undefined };
  // Reading it here takes no token; whoever has one may steer with it all the same.
  const tokens = [...(control?.tokens ?? []), ...(token ? [token] : [])];
  const open = async (at: number): Promise<Dashboard> => {
    const site = siteOfRun({ history, folder });
    try {
      return await startDashboard({
        host,
        port: at,
        site,
        control: control && { ...control, tokens },
        ...access,
      });
    } catch (error) {
      await site.close();
      throw error;
    }
  };
  return await open(port).catch((error: unknown) => {
    if (orFree && isTaken(error)) return open(0);
    throw error;
  });
}

function isTaken(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : null;
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}
