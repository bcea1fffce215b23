// A run's status record in its folder, for `ganglion status` in another process.
import { rename, rm, writeFile } from "node:fs/promises";
import type { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { Dashboard } from "../../coordinator/dashboard/server.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { UNFINISHED } from "../../coordinator/records/files/durable-file.ts";
import { messageOf } from "../../shared/errors.ts";
import { encodeStatusRecord } from "../../shared/status-record.ts";
import { keepRecord } from "./record-keeper.ts";

export interface FolderRecordOptions {
  readonly folder: RunPaths;
  readonly history: EventHistory;
  /** Where browsers see the run; null when the dashboard is off. */
  readonly dashboard: Pick<Dashboard, "url" | "farUrl"> | null;
  /** A new run is shown from the start. One that is resumed keeps its record until it goes on: it may still be refused. */
  readonly isNew: boolean;
}

/** Keeps `status.json` in the run's folder while `body` runs; its last record says how that ended. */
export async function recordInFolder<T>(
  { folder, history, dashboard, isNew }: FolderRecordOptions,
  body: () => Promise<T>,
): Promise<T> {
  let begun = isNew;
  const unsubscribe = history.subscribe(({ type }) => {
    if (type === "run") begun = true;
  });
  const unfinished = `${folder.statusFile}${UNFINISHED}`;
  const keeper = await keepRecord({
    run: folder.name,
    history,
    dashboard,
    async put(record) {
      if (!begun) return;
      try {
        await rm(unfinished, { force: true }); // of a crash, or a link that somebody has put there
        await writeFile(unfinished, encodeStatusRecord(record), { flag: "wx" }); // not synced: what a power cut takes is worth nothing after it
        await rename(unfinished, folder.statusFile);
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => undefined); // a full disk has better uses; the first failure is reported
        throw error;
      }
    },
    failing: (cause) =>
      history.publish({
        type: "warning",
        code: "RUN_FOLDER",
        message: `cannot write ${folder.statusFile}: ${cause}; until it can, ganglion status shows the run as it was`,
      }),
  });
  let reason: string | undefined;
  try {
    return await body();
  } catch (error) {
    reason = messageOf(error);
    throw error;
  } finally {
    await keeper.stop(reason);
    unsubscribe();
  }
}
