// One launched cluster from start to end: coordinator, nodes, control; what it starts it stops, everywhere.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import type { Outcome } from "../../coordinator/main.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { Display } from "../display.ts";
import { startBroker } from "./broker.ts";
import type { Cluster, Host } from "./cluster.ts";
import { type Control, type ControlRequest, openControl } from "./control.ts";
import { Fleet } from "./fleet.ts";
import { joinAddress, placementsOf, planCoordinator } from "./launch-plan.ts";
import { type StartedProcess, startProcess } from "./processes.ts";

/** How long the coordinator may take to finish its step and write a checkpoint. */
const GRACE_MS = 60_000;

/**
 * Runs the cluster until the run has ended or `stop` aborts.
 *
 * @throws GanglionError WORKER with the coordinator's own words when it fails
 */
export async function runCluster(cluster: Cluster, display: Display, stop: AbortSignal): Promise<void> {
  const token = cluster.coordinator.token ?? randomBytes(24).toString("base64url");
  if (cluster.broker.kind !== "start") return runWithoutBroker(cluster, token, display, stop);
  const broker = await startBroker(cluster.broker, token, display.say);
  process.on("exit", broker.kill);
  let stopping = false;
  const watch = async (): Promise<void> => {
    const how = await broker.lost;
    if (!stopping) display.warn("TRANSPORT", `the broker is gone (${how}): nothing arrives any more`);
  };
  void watch();
  try {
    await runWithoutBroker(cluster, token, display, stop);
  } finally {
    stopping = true;
    await broker.stop();
    process.off("exit", broker.kill);
  }
}

async function runWithoutBroker(
  cluster: Cluster,
  token: string,
  display: Display,
  stop: AbortSignal,
): Promise<void> {
  const coordinator = watchCoordinator(cluster, token, display);
  let fleet: Fleet | null = null;
  let control: Control | null = null;
  const kill = (): void => {
    fleet?.kill();
    coordinator.process.kill();
  };
  process.on("exit", kill); // a second Ctrl-C, or a defect: nothing may outlive the launcher
  const asked = (): void => void coordinator.process.stop(GRACE_MS);
  stop.addEventListener("abort", asked, { once: true });
  if (stop.aborted) asked();
  const untilItEnds = <T>(event: Promise<T>): Promise<T | null> =>
    Promise.race([event, coordinator.process.ended.then(() => null)]);
  try {
    const listening = await untilItEnds(coordinator.listening);
    if (listening !== null) {
      fleet = openFleet(cluster, joinAddress(cluster, listening), token, display);
      const folder = await untilItEnds(coordinator.folder);
      if (folder !== null) control = await openControl(folder, (request) => obey(fleet!, cluster, request));
    }
    const ending = await coordinator.process.ended;
    if (ending.kind === "failed")
      throw new GanglionError("WORKER", coordinator.lastWords() ?? `the coordinator ${ending.how}`);
  } finally {
    await control?.close();
    await fleet?.stop();
    stop.removeEventListener("abort", asked);
    process.off("exit", kill);
  }
}

/** With every node that the file asks for started. */
function openFleet(cluster: Cluster, join: string, token: string, display: Display): Fleet {
  const fleet = new Fleet({
    hosts: cluster.hosts,
    join,
    token,
    log: (node, text) => display.say(`[${node}] ${text}`),
    warn: (message) => display.warn("WORKER", message),
    pause: (milliseconds, signal) => delay(milliseconds, undefined, { signal }).catch(() => undefined),
  });
  for (const placement of placementsOf(cluster)) fleet.start(placement);
  return fleet;
}

interface WatchedCoordinator {
  readonly process: StartedProcess;
  /** Where nodes join. */
  readonly listening: Promise<string>;
  /** The run's folder. */
  readonly folder: Promise<string>;
  /** What it said of its failure. */
  lastWords(): string | null;
}

type CoordinatorLine = { readonly event: string } & Record<string, unknown>;

/** Starts it, and shows its events as if the run were here. */
function watchCoordinator(cluster: Cluster, token: string, display: Display): WatchedCoordinator {
  const listening = deferred<string>();
  const folder = deferred<string>();
  let state: Outcome["state"] = "done";
  let words: string | null = null;
  const hear = ({ event, ...fields }: CoordinatorLine): void => {
    switch (event) {
      case "listening":
        display.listening(fields["address"] as string);
        return listening.resolve(fields["address"] as string);
      case "dashboard":
        return display.dashboard(fields["url"] as string);
      case "done":
        return display.done({ ...(fields as unknown as Omit<Outcome, "state">), state });
      case "run":
        folder.resolve(fields["folder"] as string);
        if (fields["state"] === "stopped") state = "stopped";
        break;
      default:
    }
    display.event({ type: event, ...fields } as NumberedEvent);
  };
  const process = startProcess(planCoordinator(cluster), token, {
    line: (text) => hear(JSON.parse(text) as CoordinatorLine),
    complaint(text) {
      if (text.startsWith("ganglion: ")) words = text.slice("ganglion: ".length);
      else display.say(`[coordinator] ${text}`);
    },
  });
  return { process, listening: listening.promise, folder: folder.promise, lastWords: () => words };
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

/** Nodes join and leave at their next lease; nothing else changes. */
function obey(fleet: Fleet, { hosts }: Cluster, request: ControlRequest): readonly string[] {
  switch (request.type) {
    case "nodes":
      break;
    case "scale":
      fleet.scaleTo(request.nodes);
      break;
    case "add":
      fleet.add(
        hosts.find(({ name }) => name === request.host) ?? unlistedHost(request.host, request.nodes),
        request.nodes,
      );
      break;
    default:
      request satisfies never;
  }
  return fleet.names;
}

/** A host that the file does not name is reached by ssh, and has as many GPUs as nodes are wanted there. */
function unlistedHost(address: string, gpus: number): Host {
  return {
    name: address.replace(/[^A-Za-z0-9._-]/g, "-"),
    reach: { kind: "ssh", address, options: [] },
    gpus,
    threads: 1,
    environment: {},
  };
}
