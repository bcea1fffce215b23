// `ganglion dashboard`: the runs of a folder in the browser, from their files.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { startDashboard } from "../../../coordinator/dashboard/server.ts";
import { runPaths } from "../../../coordinator/records/run-paths.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { isLoopback } from "../../../shared/http/loopback.ts";
import { isRegularFile } from "../../../shared/regular-file.ts";
import { siteOfFolder } from "../../dashboard/run-site.ts";
import { RunsSite } from "../../dashboard/runs-site.ts";
import type { Address } from "../../flags/address.ts";
import { type TlsFlags, assertForDashboard, readTls } from "../../flags/transport-options.ts";
import { catchInterrupts } from "../../run/interrupts.ts";
import { say } from "../../terminal/output.ts";

export interface DashboardFlags extends TlsFlags {
  readonly listen: Address;
  readonly token?: string;
}

/**
 * Serves until Ctrl-C.
 *
 * @throws GanglionError USAGE for a folder that is not there, and as `startDashboard`
 */
export async function showRuns(folder: string, flags: DashboardFlags): Promise<void> {
  const { listen, token } = flags;
  assertForDashboard({ ...flags, dashboard: listen }, "runs are read from their files");
  const tls = await readTls(flags);
  if (!(await stat(folder).catch(() => null))?.isDirectory())
    throw new GanglionError(
      "USAGE",
      `${folder} is no folder: name the one that run folders are in (train --out), or one run's folder`,
    );
  const interrupts = catchInterrupts(say, "closing the dashboard");
  try {
    const paths = runPaths(resolve(folder));
    const site = (await isRegularFile(paths.configFile)) ? await siteOfFolder(paths) : new RunsSite(folder);
    try {
      const access = isLoopback(listen.host) ? {} : { token, tls: tls ?? undefined };
      const dashboard = await startDashboard({
        ...listen,
        ...access,
        site,
        remedy: "use another --listen PORT, or --listen 0 for any",
      });
      say(`dashboard ${dashboard.url}${dashboard.farUrl ? `, from other machines ${dashboard.farUrl}` : ""}`);
      if (!interrupts.stop.aborted)
        await new Promise<void>((stopped) => interrupts.stop.addEventListener("abort", () => stopped()));
      await dashboard.close();
    } finally {
      await site.close();
    }
  } finally {
    interrupts.release();
  }
}
