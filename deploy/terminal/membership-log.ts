// Who has joined a run, who has left it and how many are ready: a line each, and one for many at once.
import type { NodeView } from "../../coordinator/dashboard/events.ts";
import { contributed, enginePlace, tally } from "./format-node.ts";
import { count } from "./numbers.ts";
import { plural } from "./plural.ts";

export interface NodeNews {
  /** Takes the run's nodes as they are now. */
  readonly hear: (nodes: readonly NodeView[]) => void;
  /** Says at once what was to wait for more. */
  readonly flush: () => void;
  /** The run is over: that its nodes leave is no news. */
  readonly end: () => void;
}

export interface NodeNewsOptions {
  readonly say: (sentence: string) => void;
  /** Nodes whose coming and going is told by others. */
  readonly isToldElsewhere: (node: string) => boolean;
  /** Whether it is said how many nodes are ready. */
  readonly tellsReady: boolean;
}

/** What happens within so long of the first is said together. */
const GATHER_MS = 500;
/** So many are told one by one. */
const TOLD_SINGLY = 3;

interface Change {
  readonly kind: "joined" | "left";
  readonly node: NodeView;
}

export function createNodeNews({ say, isToldElsewhere, tellsReady }: NodeNewsOptions): NodeNews {
  let known = new Map<string, NodeView>();
  let changes: Change[] = [];
  /** Nodes that are ready since it was last said how many are. */
  let newlyReady = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const sentence of sentencesOf(changes)) say(sentence);
    changes = [];
    if (!tellsReady || newlyReady.size === 0) return;
    const states = [...known.values()].map(({ state }) => state);
    if (states.includes("joining")) return; // the last of them will bring it up
    newlyReady = new Set();
    say(`${plural(states.filter((state) => state === "ready").length, "node")} ready`);
  };

  return {
    hear(nodes) {
      if (over) return;
      const now = new Map(nodes.map((node) => [node.node, node]));
      const left = [...known.values()].filter(({ node }) => !now.has(node));
      const joined = nodes.filter(({ node }) => !known.has(node));
      const seen: Change[] = [
        ...left.map((node) => ({ kind: "left", node }) as const),
        ...joined.map((node) => ({ kind: "joined", node }) as const),
      ];
      changes.push(...seen.filter(({ node }) => !isToldElsewhere(node.node)));
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

/** In the order of what happened, where it is little. */
function sentencesOf(changes: readonly Change[]): string[] {
  if (changes.length <= TOLD_SINGLY) return changes.map(sentenceOf);
  return (["joined", "left"] as const).flatMap((kind) => {
    const nodes = changes.filter((change) => change.kind === kind).map(({ node }) => node);
    if (nodes.length <= TOLD_SINGLY) return nodes.map((node) => sentenceOf({ kind, node }));
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
  const names = nodes.slice(0, TOLD_SINGLY).map(({ node }) => node);
  return `${count(nodes.length)} nodes left ${after(contributions)}: ${names.join(", ")} and ${count(nodes.length - names.length)} more`;
}

function after(contributions: number): string {
  return contributions === 0 ? "before a first contribution" : `after ${contributed(contributions)}`;
}
