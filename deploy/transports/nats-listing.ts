// What a NATS server keeps of a run: its entry in the list of runs, its data, its newest checkpoint.
import { createReadStream } from "node:fs";
import type { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { Dashboard } from "../../coordinator/dashboard/server.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { isBuiltIn } from "../../shared/data/formats.ts";
import { packDataset } from "../../shared/data/packed/packed.ts";
import { SerialQueue } from "../../shared/async/serial-queue.ts";
import { messageOf } from "../../shared/errors.ts";
import type { NatsClient } from "../../shared/transport/nats/client/client.ts";
import { openRegistry } from "../../shared/transport/nats/registry.ts";
import { hasObject, putObject } from "../../shared/transport/nats/store.ts";
import { keepRecord } from "../run/record-keeper.ts";

export interface ListingOptions {
  readonly run: string;
  readonly history: EventHistory;
  /** Where browsers see the run; null when the dashboard is off. */
  readonly dashboard: Pick<Dashboard, "url" | "farUrl"> | null;
  readonly datasets: readonly Dataset[];
  readonly warn: (code: string, message: string) => void;
  /** Whether the server answers: while it does not, nothing can be listed, and the hub warns of that. */
  readonly isThere: () => boolean;
}

/** Sends data and checkpoints, and a record of the run every two seconds. */
export async function startListing(
  client: NatsClient,
  { run, history, dashboard, datasets, warn, isThere }: ListingOptions,
): Promise<{ stop(isGoingOn?: boolean): Promise<void> }> {
  const registry = await openRegistry(client);
  const uploads = createUploads(client, warn);
  for (const dataset of datasets.filter(({ name }) => !isBuiltIn(name)))
    uploads.add(() => putDataset(client, dataset));
  let newest: string | null = null;
  /** Only the newest is worth sending: where they are made faster than they are sent, those between are left out. */
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
  const unsubscribe = history.subscribe((event) => {
    if (event.type === "checkpoint") offerCheckpoint(event.file);
  });
  const keeper = await keepRecord({
    run,
    history,
    dashboard,
    put: (record) =>
      registry.put(record).catch((error: unknown) => {
        if (isThere()) throw error; // else another record will follow
      }),
    failing: (cause) => warn("TRANSPORT", `the run is not listed at present: ${cause}`),
  });
  return {
    async stop(isGoingOn) {
      unsubscribe();
      await uploads.finished();
      await keeper.stop(undefined, isGoingOn);
    },
  };
}

/** Uploads one after the other; a failed one is a warning, since the truth is in the run's folder. */
function createUploads(client: NatsClient, warn: ListingOptions["warn"]) {
  const queue = new SerialQueue();
  return {
    add(upload: () => Promise<void>): void {
      queue.add(upload).catch((error: unknown) => {
        warn("TRANSPORT", `an upload to the NATS server at ${client.address} failed: ${messageOf(error)}`);
      });
    },
    finished: () => queue.finished(),
  };
}

async function putDataset(client: NatsClient, dataset: Dataset): Promise<void> {
  const { fingerprint } = dataset;
  if (!(await hasObject(client, "ganglion-data", fingerprint)))
    await putObject(client, "ganglion-data", fingerprint, packDataset(dataset));
}
