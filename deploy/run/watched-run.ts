// What surrounds a coordinator that runs in a terminal: its log, events, dashboard and Ctrl-C.
import { access, rm } from "node:fs/promises";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { Dashboard } from "../../coordinator/dashboard/server.ts";
import type { CoordinatorOptions, Outcome } from "../../coordinator/main.ts";
import { readRunRecord } from "../../coordinator/records/run-record.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { type Log, createLog } from "../../shared/log.ts";
import type { Display } from "../terminal/display.ts";
import { writeEventFiles } from "../tensorboard/event-files.ts";
import { displayPath } from "../terminal/format.ts";
import { recordInFolder } from "./folder-record.ts";
import { openJournal, openingOf } from "./journal/journal.ts";
import { type LabelFlags, withLabels } from "./journal/labels.ts";
import { extractorOf } from "../evaluation/open-extractor.ts";
import { catchInterrupts } from "./interrupts.ts";
import { type DashboardPlace, openDashboard } from "./run-dashboard.ts";
import type { RunSetup } from "./run-setup.ts";
import { openSteering } from "./steering/open-steering.ts";
import { runSegments } from "./segments/segments.ts";

export interface Watch {
  readonly log: Log;
  /** Where browsers see the run; null when the dashboard is off. */
  readonly dashboard: Pick<Dashboard, "url" | "farUrl"> | null;
  /** All that `runCoordinator` takes beside a hub and a halt. */
  readonly coordinator: Omit<CoordinatorOptions, "hub" | "halt">;
}

export interface WatchOptions extends DashboardPlace {
  /** What this session calls the run. */
  readonly labels: LabelFlags & { readonly resume?: string };
  /** Write event files for TensorBoard. */
  readonly tensorboard?: boolean;
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
  const { folder, config, checkpoint, isNew } = setup;
  const { labels } = options;
  const history = new EventHistory();
  const failing = (file: string, what: string) => (cause: string) =>
    void history.publish({
      type: "warning",
      code: "RUN_FOLDER",
      message: `cannot write ${file}: ${cause}; the run goes on, ${what} lacks what cannot be written`,
    });
  const steered = openSteering({ folder, history, failing });
  const { steering } = steered;
  const interrupts = catchInterrupts(
    display.say,
    "stopping after this step, with a checkpoint (Ctrl-C again ends at once)",
    options.launcher ? AbortSignal.any([steering.stop, options.launcher]) : steering.stop,
  );
  try {
    history.subscribe(display.event);
    const command = process.argv.slice(2);
    const record = withLabels(await readRunRecord(folder.runFile), labels);
    const journal = openJournal({
      folder,
      history,
      record,
      command,
      fromStep: checkpoint?.step ?? 0,
      opening: openingOf(setup, { ...labels, command }),
      ...(labels.note !== undefined && { note: labels.note }),
      failing,
    });
    const events =
      options.tensorboard === true
        ? writeEventFiles({
            folder,
            history,
            fromStep: checkpoint?.step ?? 0,
            failing: failing(`${folder.path}/tensorboard`, "TensorBoard"),
          })
        : null;
    const log = createLog({
      stderr: "silent", // warnings reach the terminal as events
      hear: ({ sentence, code }) => {
        if (code === undefined) journal.say(sentence); // else it comes as an event
      },
    });
    const dashboard = await openDashboard(options, history, folder, steered.control);
    try {
      await steered.listen(dashboard?.url ?? null);
      if (dashboard) display.dashboard(dashboard.url);
      const unsubscribe = history.subscribe((event) => {
        if (event.type !== "run" || event.state !== "training") return; // before, it may still be refused
        unsubscribe();
        if (config.task === "gan") display.say(`pictures in ${displayPath(folder.samples)}`);
      });
      const extractor = await extractorOf(setup, display.say);
      const coordinator = { ...setup, extractor, history, log, stop: interrupts.stop, steering };
      const outcome = await recordInFolder({ folder, history, dashboard, isNew }, () =>
        journal.during(() =>
          runSegments(coordinator, display.say, async (segment) => {
            const own = segment.config === config ? extractor : await extractorOf(segment, display.say);
            return body({ log, dashboard, coordinator: { ...segment, extractor: own } });
          }),
        ),
      );
      display.done(outcome);
    } finally {
      await steered.close();
      await dashboard?.close();
      await events?.close();
    }
  } finally {
    display.close();
    interrupts.release();
    await folder.release();
    if (isNew) await removeUnlessRun(folder);
  }
}

/** A mistake found before the run starts (a batch too large, a model that does not fit) leaves no folder behind. */
async function removeUnlessRun({ path, configFile }: RunPaths): Promise<void> {
  const isRun = await access(configFile).then(
    () => true,
    () => false,
  );
  if (!isRun) await rm(path, { recursive: true, force: true });
}
