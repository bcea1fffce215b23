// Who has joined a run, who has left it and how many are ready: a line each, and one for many at once.
import type { NodeView } from "../../coordinator/dashboard/events.ts";
import { contributionCount, count, enginePlace, plural, tally } from "./format.ts";

export interface MembershipLog {
  /** Takes the run's nodes as they are now. */
  readonly update: (nodes: readonly NodeView[]) => void;
  /** Says at once what was waiting for more. */
  readonly flush: () => void;
  /** Says what is left to say; afterwards nothing more, since all nodes leave a run that is over. */
  readonly end: () => void;
}

export interface MembershipLogOptions {
  readonly say: (sentence: string) => void;
  /** Nodes whose joining and leaving something else reports. */
  readonly isReportedElsewhere: (node: string) => boolean;
  /** Whether to say how many nodes are ready. */
  readonly reportsReady: boolean;
}

/** What happens within this time of the first change is reported together. */
const GATHER_MS = 500;
/** Up to so many are reported one by one. */
const LISTED = 3;

interface Change {
  readonly kind: "joined" | "left";
  readonly node: NodeView;
}

export function createMembershipLog({
  say,
  isReportedElsewhere,
  reportsReady,
}: MembershipLogOptions): MembershipLog {
  let known = new Map<string, NodeView>();
  let changes: Change[] = [];
  /** Nodes that became ready since the last report of how many are. */
  let newlyReady = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const sentence of sentencesOf(changes)) say(sentence);
    changes = [];
    if (!reportsReady || newlyReady.size === 0) return;
    const states = [...known.values()].map(({ state }) => state);
    if (states.includes("joining")) return; // the last of them will bring it up
    newlyReady = new Set();
    say(`${plural(states.filter((state) => state === "ready").length, "node")} ready`);
  };

  return {
    update(nodes) {
      if (over) return;
      const now = new Map(nodes.map((node) => [node.node, node]));
      const left = [...known.values()].filter(({ node }) => !now.has(node));
      const joined = nodes.filter(({ node }) => !known.has(node));
      const seen: Change[] = [
        ...left.map((node) => ({ kind: "left", node }) as const),
        ...joined.map((node) => ({ kind: "joined", node }) as const),
      ];
      changes.push(...seen.filter(({ node }) => !isReportedElsewhere(node.node)));
      for (const { node, state } of nodes)
        if (state === "ready" && known.get(node)?.state !== "ready") newlyReady.add(node);
      for (const { node } of left) newlyReady.delete(node);
      known = now;
      if (changes.length > 0 || newlyReady.size > 0) timer ??= setTimeout(flush, GATHER_MS).unref();
    },
    flush,
    end() {
      if (!over) flush();
      over = true;
    },
  };
}

/** In the order of what happened, where it is few. */
function sentencesOf(changes: readonly Change[]): string[] {
  if (changes.length <= LISTED) return changes.map(sentenceOf);
  return (["joined", "left"] as const).flatMap((kind) => {
    const nodes = changes.filter((change) => change.kind === kind).map(({ node }) => node);
    if (nodes.length <= LISTED) return nodes.map((node) => sentenceOf({ kind, node }));
    return [kind === "joined" ? manyJoined(nodes) : manyLeft(nodes)];
  });
}

function sentenceOf({ kind, node: view }: Change): string {
  const { node, threads, contributions } = view;
  switch (kind) {
    case "joined":
      return `node ${node} joined: ${plural(threads, "thread")}, ${enginePlace(view)}`;
    case "left":
      return `node ${node} left ${after(contributions)}`;
    default:
      return kind satisfies never;
  }
}

/** `64 nodes joined: 256 threads; 48 graph on cuda, 16 graph on cpu` */
function manyJoined(nodes: readonly NodeView[]): string {
  const threads = nodes.reduce((sum, node) => sum + node.threads, 0);
  return `${count(nodes.length)} nodes joined: ${count(threads)} threads; ${tally(nodes.map(enginePlace))}`;
}

/** `9 nodes left after 1,204 contributions: gpu1-0, gpu1-1, gpu1-2 and 6 more` */
function manyLeft(nodes: readonly NodeView[]): string {
  const contributions = nodes.reduce((sum, node) => sum + node.contributions, 0);
  const names = nodes.slice(0, LISTED).map(({ node }) => node);
  return `${count(nodes.length)} nodes left ${after(contributions)}: ${names.join(", ")} and ${count(nodes.length - names.length)} more`;
}

function after(contributions: number): string {
  return contributions === 0 ? "before a first contribution" : `after ${contributionCount(contributions)}`;
}
