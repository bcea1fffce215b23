// What surrounds a coordinator that runs in a terminal: its log, events, dashboard and Ctrl-C.
import { access, rm } from "node:fs/promises";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { Dashboard } from "../../coordinator/dashboard/server.ts";
import type { CoordinatorOptions, Outcome } from "../../coordinator/main.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { type Log, createLog } from "../../shared/log.ts";
import type { Display } from "../terminal/display.ts";
import { displayPath } from "../terminal/format.ts";
import { recordInFolder } from "./folder-record.ts";
import { catchInterrupts } from "./interrupts.ts";
import { type DashboardPlace, openDashboard } from "./run-dashboard.ts";
import type { RunSetup } from "./run-setup.ts";
import { runSegments } from "./segments.ts";

export interface Watch {
  readonly log: Log;
  /** Where browsers see the run; null when the dashboard is off. */
  readonly dashboard: Pick<Dashboard, "url" | "farUrl"> | null;
  /** All that `runCoordinator` takes beside a hub and a halt. */
  readonly coordinator: Omit<CoordinatorOptions, "hub" | "halt">;
}

export interface WatchOptions extends DashboardPlace {
  /** Another that may ask the run to stop, beside Ctrl-C. */
  readonly launcher?: AbortSignal;
}

/**
 * Opens log, dashboard and status record, runs `body` once for each segment of the run, and closes them; the run's folder
 * is released at the end.
 */
export async function watchRun(
  setup: RunSetup,
  display: Display,
  options: WatchOptions,
  body: (watch: Watch) => Promise<Outcome>,
): Promise<void> {
  const { folder, config, isNew } = setup;
  const interrupts = catchInterrupts(
    display.say,
    "stopping after this step, with a checkpoint (Ctrl-C again ends at once)",
    options.launcher,
  );
  try {
    const history = new EventHistory();
    history.subscribe(display.event);
    const log = createLog({
      file: folder.logFile,
      stderr: "silent", // warnings reach the terminal as events
      ...(!isNew && { after: firstRunEvent(history) }), // a resume that is refused leaves the log as it was
      failing: (cause) =>
        history.publish({
          type: "warning",
          code: "RUN_FOLDER",
          message: `cannot write ${folder.logFile}: ${cause}; the run goes on, its log lacks what cannot be written`,
        }),
    });
    for (const note of setup.train.notes) log.info({ note }, "data");
    const dashboard = await openDashboard(options, history, folder.samples);
    try {
      if (dashboard) display.dashboard(dashboard.url);
      const unsubscribe = history.subscribe((event) => {
        if (event.type !== "run" || event.state !== "training") return; // before, it may still be refused
        unsubscribe();
        if (config.task === "gan") display.say(`pictures in ${displayPath(folder.samples)}`);
      });
      const coordinator = { ...setup, history, log, stop: interrupts.stop };
      const outcome = await recordInFolder({ folder, history, dashboard, isNew }, () =>
        runSegments(coordinator, display.say, (segment) => body({ log, dashboard, coordinator: segment })),
      );
      display.done(outcome);
    } finally {
      await dashboard?.close();
    }
  } finally {
    display.close();
    interrupts.release();
    await folder.release();
    await removeUnlessRun(folder);
  }
}

/** Resolves when the run goes on; never rejects, and never resolves where it is refused before. */
function firstRunEvent(history: EventHistory): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = history.subscribe(({ type }) => {
      if (type !== "run") return;
      unsubscribe();
      resolve();
    });
  });
}

/** A mistake found before the run starts (a batch too large, a model that does not fit) leaves no folder behind. */
async function removeUnlessRun({ path, configFile }: RunPaths): Promise<void> {
  const isRun = await access(configFile).then(
    () => true,
    () => false,
  );
  if (!isRun) await rm(path, { recursive: true, force: true });
}
