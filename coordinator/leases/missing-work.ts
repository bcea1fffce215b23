// Describes what a run waits for: the work that has no result yet, and which nodes have it.
import type { Work } from "../../shared/protocol/messages.ts";

/** Work without a result. */
export interface OutWork {
  readonly work: Work;
  /** Null where no node has it. */
  readonly node: string | null;
  /** Milliseconds since it was leased. */
  readonly sinceMs: number;
}

export interface MissingWork {
  /** `shards 4-7 of phase generator at worker-b` */
  readonly short: string;
  /** The same with times, and a remedy. */
  readonly whole: string;
}

/** More nodes than this are counted, not named; so are more pieces of work of one node. */
const NAMED = 4;

/** `phases`: their names. */
export function missingWork(out: readonly OutWork[], phases: readonly string[]): MissingWork {
  const works = (of: readonly OutWork[]): string => listed(of.map(({ work }) => workText(work, phases)));
  const held = out.filter(({ node }) => node !== null);
  if (out.length === 0) {
    return {
      short: "the coordinator itself: no work is out",
      whole: "no work is out, so the coordinator itself is held up: look whether its disk is slow",
    };
  }
  if (held.length === 0) {
    return {
      short: `a node that keeps ${works(out)}`,
      whole: `no node keeps ${works(out)}: nodes join and leave before they answer; look at their output`,
    };
  }
  const nodes = [...new Set(held.map(({ node }) => node))].map((node) => {
    const own = held.filter((one) => one.node === node);
    return { place: `${works(own)} at ${node}`, sinceMs: Math.max(...own.map(({ sinceMs }) => sinceMs)) };
  });
  nodes.sort((a, b) => b.sinceMs - a.sinceMs);
  const timed = nodes.map(({ place, sinceMs }) => `${place}, leased ${secondsText(sinceMs)} ago`);
  return {
    short: listed(nodes.map(({ place }) => place)),
    whole: `it waits for ${listed(timed, "; ")}; end a worker that hangs, and others take over its work`,
  };
}

function listed(parts: readonly string[], separator = ", "): string {
  const more = parts.length - NAMED;
  return [...parts.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(separator);
}

function workText(work: Work, phases: readonly string[]): string {
  switch (work.kind) {
    case "phase":
      return `${range("shard", work.first, work.shards)} of phase ${phases[work.phase] ?? work.phase}`;
    case "generate":
      return "the pictures";
    case "evaluate":
      return `the evaluation of test ${range("sample", work.first, work.samples)}`;
    case "features":
      return `the features of ${work.source} ${range("image", work.first, work.images)}`;
    case "probe":
      return "the guard's look at the images";
    case "diagnose":
      return `the cause of what is not finite in shard ${work.first} of phase ${phases[work.phase] ?? work.phase}`;
    default:
      return work satisfies never;
  }
}

function range(noun: string, first: number, count: number): string {
  return count === 1 ? `${noun} ${first}` : `${noun}s ${first}-${first + count - 1}`;
}

/** `0.3 s`, `45 s` */
export function secondsText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 10 ? `${Number(seconds.toPrecision(2))} s` : `${Math.round(seconds)} s`;
}
