// `ganglion fetch`: a run's newest checkpoint from a NATS server, to any machine.
import { rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { loadCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { namedAlike } from "../../coordinator/records/run-name.ts";
import { GanglionError } from "../../shared/errors.ts";
import { type NatsClient, connectNatsServer } from "../../shared/transport/nats/client/client.ts";
import { listRuns } from "../../shared/transport/nats/registry.ts";
import { awaitObject, getObject } from "../../shared/transport/nats/store.ts";
import { download } from "../install/download.ts";
import { findListedRun } from "../run/find-run.ts";
import { say } from "../terminal/output.ts";
import { type NatsFlags, natsOptions } from "../flags/transport-options.ts";

export interface FetchFlags extends NatsFlags {
  readonly run?: string;
  readonly out: string;
}

const BUCKET = "ganglion-checkpoints";

/** The file appears once it is complete, has the right digest and is a checkpoint. */
export async function fetchCheckpoint(flags: FetchFlags): Promise<void> {
  const { out } = flags;
  await checkPlace(out);
  const partial = `${out}.tmp`;
  const client = await connectNatsServer(natsOptions(flags));
  try {
    const run = await nameOf(flags.run, client);
    if (!(await awaitObject(client, BUCKET, run, { patienceMs: 0 }))) await explainMissing(client, run);
    await download(() => getObject(client, BUCKET, run), partial);
    await checkFetched(partial, run, client.address);
    await rename(partial, out);
    say(out);
  } finally {
    await rm(partial, { force: true });
    await client.close();
  }
}

/**
 * What came must be a checkpoint. One of a newer Ganglion passes: this one cannot read it, and another may.
 *
 * @throws GanglionError CHECKPOINT
 */
async function checkFetched(file: string, run: string, address: string): Promise<void> {
  try {
    await loadCheckpoint(file, `the checkpoint of ${run} at ${address}`);
  } catch (error) {
    if (!(error instanceof GanglionError) || error.code !== "VERSION_MISMATCH") throw error;
  }
}

/** Checked before the transfer, not after it. */
async function checkPlace(file: string): Promise<void> {
  const [folder, old] = await Promise.all([dirname(file), file].map((path) => stat(path).catch(() => null)));
  if (folder?.isDirectory() && !old?.isDirectory()) return;
  const why = old?.isDirectory() ? "is a folder" : `is in no folder (${dirname(file)})`;
  throw new GanglionError("USAGE", `--out ${file} ${why}: name a file in a folder that exists`);
}

/** @throws GanglionError USAGE where there is no such run, DATA where it has left no checkpoint yet */
async function explainMissing(client: NatsClient, name: string): Promise<never> {
  const { run, step } = findListedRun((await listRuns(client)).runs, name, client.address);
  throw new GanglionError(
    "DATA",
    `${run} has sent no checkpoint to ${client.address}, it is at step ${step}: ask again after its next one`,
  );
}

/** A name that no list has may be that of a run which ended: its checkpoint is still there. */
async function nameOf(given: string | undefined, client: NatsClient): Promise<string> {
  const { runs } = await listRuns(client);
  if (given === undefined) return findListedRun(runs, undefined, client.address).run;
  const alike = namedAlike(runs.map(({ run }) => run), given); // prettier-ignore
  return alike.length === 1 ? alike[0] : given;
}
