// The coordinator of a launched cluster: a process whose events are shown as if the run were here.
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import type { Outcome } from "../../coordinator/main.ts";
import type { Display } from "../terminal/display.ts";
import type { Cluster } from "./cluster-file/cluster.ts";
import { joinAddress, planCoordinator } from "./launch-plan.ts";
import { type StartedProcess, startProcess } from "./processes.ts";

export type LaunchedRun = Extract<NumberedEvent, { type: "run" }>;

export interface WatchedCoordinator {
  readonly process: StartedProcess;
  /** Where nodes join. */
  readonly listening: Promise<string>;
  readonly run: Promise<LaunchedRun>;
  /** Resolves when the coordinator next reports that it has no node. */
  withoutNodes(): Promise<void>;
  /** Its last event, when it has ended well. */
  outcome(): Outcome | null;
  /** Its own words on its failure. */
  failure(): string | null;
}

type CoordinatorLine = { readonly event: string } & Record<string, unknown>;

export function watchCoordinator(cluster: Cluster, token: string, display: Display): WatchedCoordinator {
  const listening = deferred<string>();
  const run = deferred<LaunchedRun>();
  let withoutNodes = deferred<void>();
  let state: Outcome["state"] = "done";
  let outcome: Outcome | null = null;
  let failure: string | null = null;
  const onLine = (line: CoordinatorLine): void => {
    const { event: type, ...fields } = line;
    if (type === "listening") {
      const { address, alsoAt } = fields as { address: string; alsoAt?: readonly string[] };
      const join = joinAddress(cluster, address); // as the file says, where it does
      display.listening(join, join === address ? alsoAt : undefined);
      return listening.resolve(address);
    }
    if (type === "note") return display.note(fields["message"] as string);
    if (type === "dashboard") return display.dashboard(fields["url"] as string);
    if (type === "done") {
      outcome = { ...(fields as unknown as Omit<Outcome, "state">), state };
      return undefined;
    }
    const event = { type, ...fields } as NumberedEvent;
    if (event.type === "run") run.resolve(event);
    if (event.type === "run" && event.state === "stopped") ({ state } = event);
    if (event.type === "workers" && event.nodes.length === 0) {
      withoutNodes.resolve();
      withoutNodes = deferred<void>();
    }
    return display.event(event);
  };
  const process = startProcess(planCoordinator(cluster), token, {
    line: (text) => onLine(JSON.parse(text) as CoordinatorLine),
    complaint(text) {
      if (text.startsWith("ganglion: ")) failure = text.slice("ganglion: ".length);
      else display.relay("coordinator", text);
    },
  });
  return {
    process,
    listening: listening.promise,
    run: run.promise,
    withoutNodes: () => withoutNodes.promise,
    outcome: () => outcome,
    failure: () => failure,
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
