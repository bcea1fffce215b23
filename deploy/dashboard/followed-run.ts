// A run as its files tell of it, whether it goes on in another process, has ended or was killed: they become its events.
import type { NodeView, RunEvent } from "../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import { RunContent } from "../../coordinator/dashboard/run-content.ts";
import { readLock } from "../../coordinator/records/run-lock.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { messageOf } from "../../shared/errors.ts";
import type { StatusRecord } from "../../shared/status-record.ts";
import { type RunSummary, summarize } from "../runs/summary.ts";
import { type RunView, viewOfFolder } from "../status/run-view.ts";
import { type CheckpointFacts, readCheckpointFacts } from "./checkpoint-facts.ts";
import { eventOfLine } from "./events-of-stats.ts";
import { StatsFollower } from "./stats-follower.ts";

type RunOf = Extract<RunEvent, { type: "run" }>;

const LOOK_MS = 1000;

export class FollowedRun {
  readonly content: RunContent;
  readonly #paths: RunPaths;
  readonly #history = new EventHistory();
  readonly #stats: StatsFollower;
  /** What was told last, by what it is about: it is told again only when it has changed. */
  readonly #told = new Map<string, string>();
  #about: Omit<RunOf, "state" | "reason"> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #isClosed = false;

  private constructor(paths: RunPaths) {
    this.#paths = paths;
    this.#stats = new StatsFollower(paths.statsFile);
    this.content = new RunContent({
      history: this.#history,
      folder: paths,
      mayWrite: async () => ["free", "dead"].includes((await readLock(paths.path)).kind),
      pauseMs: 0,
    });
  }

  /** Resolves when its files have been read for the first time; what cannot be read becomes a warning of the run. */
  static async open(paths: RunPaths): Promise<FollowedRun> {
    const run = new FollowedRun(paths);
    await run.#look();
    return run;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.content.close();
  }

  async #look(): Promise<void> {
    this.#looking = this.#read().catch((error: unknown) => {
      const message = `files of ${this.#paths.path} cannot be read: ${messageOf(error)}; see who may read them`;
      this.#tell("unreadable", { type: "warning", code: "RUN_FOLDER", message });
      if (!this.#history.latestRun()) this.#tell("run", unreadable(this.#paths, message));
    });
    await this.#looking;
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), LOOK_MS).unref();
  }

  async #read(): Promise<void> {
    const view = await viewOfFolder(this.#paths);
    this.#about ??= aboutRun(
      await summarize(this.#paths),
      await readCheckpointFacts(this.#paths.checkpoints),
    );
    this.#tell("run", { ...this.#about, ...stateOf(view) });
    for (const line of await this.#stats.lines()) this.#history.publish(eventOfLine(line));
    if (this.#stats.damaged > 0)
      this.#tell("damaged", {
        type: "warning",
        code: "RUN_FOLDER",
        message: `${this.#paths.statsFile} has ${this.#stats.damaged} lines that are no JSON objects: they are left out`,
      });
    this.#tell("workers", {
      type: "workers",
      nodes: view.record.nodes.map(nodeView),
      refused: view.record.refused,
    });
    await this.#tellSamples();
    for (const warning of (view.record.warnings ?? []).toReversed()) this.#tellWarning(warning);
  }

  async #tellSamples(): Promise<void> {
    const newest = (await this.content.grids.list()).at(-1);
    if (!newest) return;
    const { step, name, checkpoint } = newest;
    const file = `${this.#paths.samples}/${name}`;
    const url = `/samples/${name}`;
    this.#tell("samples", {
      type: "samples",
      step,
      file,
      url,
      ...(checkpoint !== undefined && { checkpoint }),
    });
  }

  /** Counted by the run itself. */
  #tellWarning({ code, message, since, times }: NonNullable<StatusRecord["warnings"]>[number]): void {
    if (!this.#tell(`warning ${code} ${since}`, { type: "warning", code, message }, `${times} ${message}`))
      return;
    const lastStep = Math.max(since, this.#stats.step);
    this.content.warnings.replace({ code, message, firstStep: since, lastStep, times });
  }

  /** Whether it was told. */
  #tell(about: string, event: RunEvent, state = JSON.stringify(event)): boolean {
    if (this.#told.get(about) === state) return false;
    this.#told.set(about, state);
    this.#history.publish(event);
    return true;
  }
}

/** A run that was killed has failed; one of another machine that is silent may yet go on. */
function stateOf({ life, record }: RunView): Pick<RunOf, "state" | "reason"> {
  switch (life) {
    case "gone":
      return { state: "failed", reason: "it ended without a word: it was killed, or its machine went down" };
    case "silent":
      return {
        state: "stalled",
        reason: `it has not been heard of since ${new Date(record.heartbeat).toISOString()}`,
      };
    case "going":
    case "over":
      return { state: record.state, ...(record.reason !== undefined && { reason: record.reason }) };
    default:
      return life satisfies never;
  }
}

function aboutRun(
  { run, steps, config, folder }: RunSummary,
  facts: CheckpointFacts,
): Omit<RunOf, "state" | "reason"> {
  const { preset, batch } = config;
  return {
    type: "run",
    run,
    preset: typeof preset === "string" ? preset : "unknown",
    steps,
    batch: typeof batch === "number" ? batch : 0,
    ...facts,
    folder,
  };
}

function unreadable({ name, path }: RunPaths, reason: string): RunEvent {
  const unknown = { preset: "unknown", steps: 0, batch: 0, parameters: {}, classes: 0 };
  return { type: "run", run: name, state: "failed", ...unknown, folder: path, reason };
}

const STATES: ReadonlySet<string> = new Set(["joining", "ready", "benched", "leaving"]);

/** An older version wrote less. */
function nodeView(node: StatusRecord["nodes"][number]): NodeView {
  const state = STATES.has(node.state) ? (node.state as NodeView["state"]) : "joining";
  return { ...node, state, faults: node.faults ?? 0, shardMs: node.shardMs ?? null, prepareMs: null };
}
