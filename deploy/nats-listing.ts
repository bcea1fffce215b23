// What a NATS server keeps of a run: its entry in the list of runs, its data, its newest checkpoint.
import { createReadStream } from "node:fs";
import { hostname } from "node:os";
import type { NumberedEvent } from "../coordinator/dashboard/events.ts";
import type { EventHistory } from "../coordinator/dashboard/history.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { packDataset } from "../shared/data/packed.ts";
import { messageOf } from "../shared/errors.ts";
import type { NatsClient } from "../shared/transport/nats-client.ts";
import { type Registry, type RunRecord, openRegistry } from "../shared/transport/nats-registry.ts";
import { hasObject, putObject } from "../shared/transport/nats-store.ts";
import type { Hub } from "../shared/transport/transport.ts";

export interface ListingOptions {
  readonly run: string;
  readonly history: EventHistory;
  /** Where a browser on this machine sees the run; null when the dashboard is off. */
  readonly dashboard: string | null;
  readonly datasets: readonly Dataset[];
  readonly warn: (code: string, message: string) => void;
}

const HEARTBEAT_MS = 2000;
/** Every node draws it by itself. */
const BUILT_IN = "strokes";

/** Sends data and checkpoints, and a record of the run every two seconds. */
export async function startListing(
  client: NatsClient,
  hub: Hub,
  { run, history, dashboard, datasets, warn }: ListingOptions,
): Promise<{ stop(): Promise<void> }> {
  const registry = await openRegistry(client);
  const uploads = createUploads(client, warn);
  for (const dataset of datasets.filter(({ name }) => name !== BUILT_IN))
    uploads.add(() => putDataset(client, dataset));
  let newest: string | null = null;
  /** Only the newest is worth sending: where they come faster than they go, those between are left out. */
  const offerCheckpoint = (file: string): void => {
    const waiting = newest !== null;
    newest = file;
    if (waiting) return;
    uploads.add(async () => {
      const sent = newest!;
      newest = null;
      await putObject(client, "ganglion-checkpoints", run, createReadStream(sent));
    });
  };
  let record = newRecord(run, dashboard);
  let refusedContributions: Readonly<Record<string, number>> = {};
  const current = (): RunRecord => ({
    ...record,
    refused: { ...hub.status().rejected, ...refusedContributions },
    heartbeat: Date.now(),
  });
  const beat = createBeat(registry, warn);
  const unsubscribe = history.subscribe((event) => {
    record = { ...record, ...whatItTells(event) };
    if (event.type === "workers" && event.refused) refusedContributions = event.refused;
    if (event.type === "checkpoint") offerCheckpoint(event.file);
    if (event.type === "run" || event.type === "workers") void beat(current()); // seldom, and waited for
  });
  await beat(current());
  const timer = setInterval(() => void beat(current()), HEARTBEAT_MS);
  return {
    async stop() {
      clearInterval(timer);
      unsubscribe();
      await uploads.finished();
      await beat(current());
    },
  };
}

/** Writes one record at a time, and then the newest; what goes wrong is told once until it goes right again. */
function createBeat(registry: Registry, warn: ListingOptions["warn"]): (record: RunRecord) => Promise<void> {
  let next: RunRecord | null = null;
  let writing: Promise<void> | null = null;
  let failing = false;
  async function write(): Promise<void> {
    for (let record = next; record; record = next) {
      next = null;
      try {
        await registry.put(record);
        failing = false;
      } catch (error) {
        if (!failing) warn("TRANSPORT", `the run is not listed at present: ${messageOf(error)}`);
        failing = true;
      }
    }
    writing = null;
  }
  return (record) => {
    next = record;
    return (writing ??= write());
  };
}

/** Uploads one after the other; a failed one is a warning, since the truth is in the run's folder. */
function createUploads(client: NatsClient, warn: ListingOptions["warn"]) {
  let last: Promise<void> = Promise.resolve();
  return {
    add(upload: () => Promise<void>): void {
      last = last.then(upload).catch((error: unknown) => {
        warn("TRANSPORT", `an upload to the NATS server at ${client.address} failed: ${messageOf(error)}`);
      });
    },
    finished: () => last,
  };
}

async function putDataset(client: NatsClient, dataset: Dataset): Promise<void> {
  const { fingerprint } = dataset;
  if (!(await hasObject(client, "ganglion-data", fingerprint)))
    await putObject(client, "ganglion-data", fingerprint, packDataset(dataset));
}

function newRecord(run: string, dashboard: string | null): Omit<RunRecord, "refused" | "heartbeat"> {
  return {
    run,
    state: "preparing",
    step: 0,
    steps: 0,
    version: 0,
    imagesPerSecond: 0,
    dashboard,
    host: hostname(),
    nodes: [],
  };
}

/** What an event changes in the record; most change nothing. */
function whatItTells(event: NumberedEvent): Partial<RunRecord> {
  if (event.type === "run") return { state: event.state, steps: event.steps };
  if (event.type === "workers") return { nodes: [...event.nodes] };
  if (event.type !== "step") return {};
  return { step: event.step, version: event.version, imagesPerSecond: event.imagesPerSecond };
}
