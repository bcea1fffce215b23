// A run's status in lines for people, at most 80 columns where its names allow.
import { isAbsolute, relative } from "node:path";
import type { RunRecord } from "../../shared/run-record.ts";
import { count, duration } from "../display.ts";
import { plural } from "../plural.ts";
import type { FolderFacts, RunView } from "./run-view.ts";

export interface DescribeOptions {
  readonly now: number;
  /** Everything that is known, every node on a line of its own. */
  readonly whole: boolean;
}

/** More nodes than this are told as groups in a list of runs. */
const NODES_LISTED = 8;
/** A step may take so many times as long as at the speed measured, and at least ten seconds, before it is told as late. */
const LATE_FACTOR = 3;
const LATE_MS = 10_000;

export function describeRun(view: RunView, { now, whole }: DescribeOptions): string[] {
  const { record, life } = view;
  const details = [
    ...(life === "going" ? [] : remarks(view)),
    ...(whole ? wholeFacts(view, now) : []),
    facts(view, whole),
    ...(life === "going" || whole ? nodeLines(record, whole) : []),
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
        : `ended ${since} ago, how is not known`;
    default:
      return life satisfies never;
  }
}

function progress({ record, life }: RunView, now: number): string[] {
  const { step, steps, imagesPerSecond, remainingSeconds, stepAt } = record;
  const place = steps > 0 ? `step ${count(step)}/${count(steps)}` : step > 0 ? `step ${count(step)}` : null;
  if (place === null) return [];
  if (life !== "going" || record.state === "preparing" || stepAt === undefined) return [place];
  const stepMs = (1000 * (remainingSeconds ?? 0)) / Math.max(1, steps - step);
  const waited = now - stepAt;
  if (waited > Math.max(LATE_MS, LATE_FACTOR * stepMs)) return [place, `no step for ${ago(waited)}`];
  const left = remainingSeconds ? [`${duration(remainingSeconds)} left`] : [];
  return [place, `${count(imagesPerSecond)} images/s`, ...left];
}

/** Why a run that does not go on does not, and what can be done. */
function remarks({ record, life, folder }: RunView): string[] {
  if (record.state === "failed" && life === "over" && record.reason !== undefined)
    return [record.reason.replaceAll(/\s+/g, " ")];
  if (!folder || record.state === "done") return [];
  const { lock, checkpoint, path } = folder;
  if (life === "silent") {
    if (lock.kind === "held")
      return [`its process, pid ${lock.pid}, is there, but stopped or stuck: see log.txt in its folder`];
    return lock.kind === "elsewhere"
      ? [`held by pid ${lock.pid} on ${lock.host}, whose processes cannot be seen from here`]
      : [`its lock cannot be read: whether a process holds it is not known`];
  }
  return checkpoint === null
    ? ["it has no checkpoint to go on from: start it anew"]
    : [`--resume ${displayed(path)} goes on from step ${count(checkpoint)}`];
}

function facts({ record, life, folder }: RunView, whole: boolean): string {
  const { host, dashboard } = record;
  const isElsewhere = folder === null || folder.lock.kind === "elsewhere";
  const refused = Object.entries(record.refused).map(([reason, times]) => `${count(times)} ${reason}`);
  const told = life === "going" || whole;
  return [
    ...(isElsewhere ? [`on ${host}`] : []),
    ...(life === "going" ? [`dashboard ${dashboard ?? "off"}`] : []),
    ...(told || refused.length > 0 ? [`refused ${refused.length > 0 ? refused.join(", ") : "nothing"}`] : []),
  ].join(", ");
}

function wholeFacts({ record, folder }: RunView, now: number): string[] {
  const { stepAt, version } = record;
  const newest = stepAt === undefined ? [] : [`newest step ${ago(now - stepAt)} ago`];
  return [
    ...(folder ? folderLines(folder) : []),
    [...newest, `weights version ${count(version)}`].join(", "),
  ];
}

function folderLines({ path, lock, checkpoint }: FolderFacts): string[] {
  return [
    `folder ${displayed(path)}`,
    ...(lock.kind === "held" ? [`process ${lock.pid} on this machine`] : []),
    checkpoint === null ? "no checkpoint yet" : `newest checkpoint of step ${count(checkpoint)}`,
  ];
}

function nodeLines({ nodes }: RunRecord, whole: boolean): string[] {
  if (nodes.length === 0) return ["no nodes"];
  if (!whole && nodes.length > NODES_LISTED) return [groups(nodes)];
  return nodes.map(
    ({ node, state, threads, engine, device, contributions }) =>
      `${node}: ${state}, ${plural(threads, "thread")}, ${engine} on ${device}, ${count(contributions)} contributions`,
  );
}

/** `256 nodes: 255 ready, 1 joining; 200 graph on cuda, 56 graph on cpu; 61,203 contributions` */
function groups(nodes: RunRecord["nodes"]): string {
  const tally = (names: readonly string[]): string => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts].map(([name, times]) => `${count(times)} ${name}`).join(", ");
  };
  const contributions = nodes.reduce((sum, node) => sum + node.contributions, 0);
  return [
    `${count(nodes.length)} nodes: ${tally(nodes.map(({ state }) => state))}`,
    tally(nodes.map(({ engine, device }) => `${engine} on ${device}`)),
    `${count(contributions)} contributions`,
  ].join("; ");
}

const DAY_MS = 24 * 3600 * 1000;

function ago(milliseconds: number): string {
  const days = Math.floor(milliseconds / DAY_MS);
  return days >= 2 ? `${days} days` : duration(Math.max(0, milliseconds) / 1000);
}

/** As one would type it here. */
function displayed(path: string): string {
  const near = relative("", path);
  return near === "" || near.startsWith("..") || isAbsolute(near) ? path : near;
}
