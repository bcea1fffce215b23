// A run's status in lines for people, at most 80 columns where its names allow.
import { resumeCommand } from "../terminal/command-line.ts";
import type { LockState } from "../../coordinator/records/run-lock.ts";
import type { StatusRecord } from "../../shared/status-record.ts";
import {
  contributionCount,
  count,
  displayPath,
  duration,
  enginePlace,
  plural,
  tally,
} from "../terminal/format.ts";
import type { FolderFacts, RunView } from "./run-view.ts";

export interface DescribeOptions {
  readonly now: number;
  /** This machine's name: what is on its loopback, only its own browsers see. */
  readonly here: string;
  /** Everything that is known, every node on a line of its own. */
  readonly whole: boolean;
}

/** In a list of runs, more nodes than this are shown as groups. */
const NODES_LISTED = 8;
/** A step is late after so many times its usual duration, and not before ten seconds. */
const LATE_FACTOR = 3;
const LATE_MS = 10_000;

export function describeRun(view: RunView, options: DescribeOptions): string[] {
  const { now, whole } = options;
  const { record, life } = view;
  const isUnknown = life === "going" && view.folder?.hasStatus === false;
  const details = [
    ...(isUnknown ? ["being prepared: nothing more is known yet"] : remarks(view)),
    ...(whole ? wholeFacts(view, now) : []),
    ...(isUnknown ? [] : [facts(view, options)]),
    ...(isUnknown ? [] : warningLines(view, whole)),
    ...(life === "going" && !isUnknown ? nodeLines(record, whole) : []), // of any other, nodes would look as if they worked
  ];
  return [
    `${record.run}: ${[lifeOf(view, now), ...progress(view, now)].join(", ")}`,
    ...details.filter((line) => line !== "").map((line) => `  ${line}`),
  ];
}

function lifeOf({ record, life, folder }: RunView, now: number): string {
  const { state, heartbeat } = record;
  const since = ago(now - heartbeat);
  switch (life) {
    case "going":
      return state;
    case "silent":
      return `silent for ${since}`;
    case "over":
      return `${state} ${since} ago`;
    case "gone":
      return folder?.lock.kind === "dead"
        ? `ended without a word ${since} ago (killed?)`
        : `ended ${since} ago, it is not known how`;
    default:
      return life satisfies never;
  }
}

function progress({ record, life }: RunView, now: number): string[] {
  const { step, steps, imagesPerSecond, stepAt } = record;
  const place = steps > 0 ? `step ${count(step)}/${count(steps)}` : step > 0 ? `step ${count(step)}` : null;
  if (place === null) return [];
  if (life !== "going" || record.state === "preparing" || stepAt === undefined) return [place];
  const speed = isLate(record, now)
    ? `no step for ${ago(now - stepAt)}`
    : `${count(imagesPerSecond)} images/s`;
  return [place, speed];
}

/** The measured speed no longer holds for a run that stalls, or whose next step is late. */
function isLate(
  { state, step, steps, remainingSeconds = 0, stepAt = 0 }: StatusRecord,
  now: number,
): boolean {
  if (state === "stalled" || state === "paused") return true;
  const stepMs = (1000 * remainingSeconds) / Math.max(1, steps - step);
  return now - stepAt > Math.max(LATE_MS, LATE_FACTOR * stepMs);
}

/** Why a run has stopped, and what can be done. */
function remarks({ record, life, folder }: RunView): string[] {
  switch (life) {
    case "going":
      if (record.state === "paused") return [`no step is made until ganglion control ${record.run} resume`];
      return record.state === "stalled" ? reasonOf(record) : [];
    case "over":
      if (record.state === "diverged") return [...reasonOf(record), DIVERGES_AGAIN];
      if (record.state === "failed") return reasonOf(record);
      return record.state === "stopped" && folder ? [wayOn(folder)] : [];
    case "gone":
      return folder ? [wayOn(folder)] : [];
    case "silent":
      return folder ? [whoHolds(folder.lock)] : [];
    default:
      return life satisfies never;
  }
}

const DIVERGES_AGAIN = "--resume computes the same bits and diverges again: start a new run";

function reasonOf({ reason }: StatusRecord): string[] {
  return reason === undefined ? [] : [reason.replaceAll(/\s+/g, " ")];
}

function wayOn({ checkpoint, path }: FolderFacts): string {
  return checkpoint === null
    ? `${resumeCommand(path)} starts it anew: it has no checkpoint yet`
    : `${resumeCommand(path)} goes on from step ${count(checkpoint)}`;
}

function whoHolds(lock: LockState): string {
  switch (lock.kind) {
    case "held":
      return `its process, pid ${lock.pid}, is running but says nothing: suspended, stuck or very busy`;
    case "elsewhere":
      return `held by pid ${lock.pid} on ${lock.host}, whose processes cannot be seen from here`;
    default:
      return "its lock cannot be read: whether a process holds it is not known";
  }
}

function facts({ record, life, folder }: RunView, { now, here, whole }: DescribeOptions): string {
  const { host, remainingSeconds } = record;
  const isElsewhere = folder === null || folder.lock.kind === "elsewhere";
  const isGoing = life === "going";
  const left = isGoing && remainingSeconds && !isLate(record, now) ? duration(remainingSeconds) : null;
  const refused = Object.entries(record.refused).map(([reason, times]) => `${count(times)} ${reason}`);
  return [
    ...(left === null ? [] : [`${left} left`]),
    ...(isElsewhere ? [`on ${host}`] : []),
    ...(isGoing ? [dashboardOf(record, !isElsewhere || host === here)] : []),
    ...(refused.length > 0 ? [`refused ${refused.join(", ")}`] : []),
    ...(refused.length === 0 && (isGoing || whole) ? ["refused nothing"] : []),
  ].join(", ");
}

/** The dashboard's address as the reader's browser reaches it, or on which machine it would. */
function dashboardOf({ dashboard, farDashboard }: StatusRecord, isHere: boolean): string {
  if (dashboard === null) return "dashboard off";
  if (isHere || farDashboard === undefined) return `dashboard ${dashboard}`; // an older version does not say who can
  return `dashboard ${farDashboard ?? `${dashboard} (only there)`}`;
}

function wholeFacts({ record, life, folder }: RunView, now: number): string[] {
  const { stepAt, version } = record;
  const goesOn = life === "going" || life === "silent";
  const place = [
    ...(folder ? [`folder ${displayPath(folder.path)}`] : []),
    ...(folder?.lock.kind === "held" ? [`process ${folder.lock.pid} on this machine`] : []),
  ];
  const progressed = [
    `weights version ${count(version)}`,
    ...(goesOn && stepAt !== undefined ? [`newest step ${ago(now - stepAt)} ago`] : []),
    ...(goesOn && folder ? [checkpointOf(folder)] : []),
  ];
  return [place.join(", "), progressed.join(", ")];
}

function checkpointOf({ checkpoint }: FolderFacts): string {
  return checkpoint === null ? "no checkpoint yet" : `checkpoint of step ${count(checkpoint)}`;
}

function nodeLines({ nodes }: StatusRecord, whole: boolean): string[] {
  if (nodes.length === 0) return ["no nodes: it waits for workers to join"];
  if (!whole && nodes.length > NODES_LISTED) return [groups(nodes)];
  return nodes.map(
    (view) =>
      `${view.node}: ${view.state}, ${plural(view.threads, "thread")}, ${enginePlace(view)}, ${contributionCount(view.contributions)}${faultsOf(view)}${speedOf(view)}`,
  );
}

/** `, 3 mistakes`, of a node whose answers were refused, or did not come. */
function faultsOf({ faults = 0 }: StatusRecord["nodes"][number]): string {
  return faults === 0 ? "" : `, ${plural(faults, "mistake")}`;
}

/** `, 41.2 ms a shard`, by which a slow node is seen beside the others. */
function speedOf({ shardMs }: StatusRecord["nodes"][number]): string {
  return shardMs === null || shardMs === undefined ? "" : `, ${shardMs} ms a shard`;
}

/** `256 nodes: 255 ready, 1 joining; 200 graph on cuda, 56 graph on cpu; 61,203 contributions` */
function groups(nodes: StatusRecord["nodes"]): string {
  const contributions = nodes.reduce((sum, node) => sum + node.contributions, 0);
  return [
    `${count(nodes.length)} nodes: ${tally(nodes.map(({ state }) => state))}`,
    tally(nodes.map(enginePlace)),
    contributionCount(contributions),
  ].join("; ");
}

/** In a list of runs, the newest of those that go on. */
const WARNINGS_LISTED = 3;

/** `warning since step 1,200, 3 times: the discriminator wins: …` */
function warningLines({ record: { warnings = [] }, life }: RunView, whole: boolean): string[] {
  if (!whole && life === "over") return [];
  const shown = whole ? warnings : warnings.slice(0, WARNINGS_LISTED);
  const more = warnings.length - shown.length;
  return [
    ...shown.map(({ message, since, times }) => {
      const often = times > 1 ? `, ${plural(times, "time")}` : "";
      return `warning since step ${count(since)}${often}: ${message.replaceAll(/\s+/g, " ")}`;
    }),
    ...(more > 0 ? [`${plural(more, "more warning")}: ganglion status RUN shows them`] : []),
  ];
}

const DAY_MS = 24 * 3600 * 1000;

function ago(milliseconds: number): string {
  const days = Math.floor(milliseconds / DAY_MS);
  return days >= 2 ? `${days} days` : duration(Math.max(0, milliseconds) / 1000);
}
