// The list of runs at a NATS server, in a JetStream bucket: coordinators write it, `ganglion status` and nodes read it.
import type { KV } from "nats";
import { GanglionError } from "../../errors.ts";
import {
  type StatusRecord,
  decodeStatusRecord,
  encodeStatusRecord,
  isAlive,
  isOver,
} from "../../status-record.ts";
import type { NatsClient } from "./client/client.ts";
import { getStored, isMissing, jetStreamOf } from "./store.ts";
import { subjectToken } from "./subjects.ts";

/** A run that has ended, or whose coordinator died, stays listed for a day. */
const KEPT_MS = 24 * 3600 * 1000;
const BUCKET = "ganglion-runs";

export interface Registry {
  /** Replaces the run's record; rejects if the server cannot store it now. */
  put(record: StatusRecord): Promise<void>;
}

/** @throws GanglionError USAGE where the server has no JetStream */
export async function openRegistry(client: NatsClient): Promise<Registry> {
  await jetStreamOf(client);
  const open = (): Promise<KV> => client.nats.jetstream().views.kv(BUCKET, { history: 1, ttl: KEPT_MS });
  let bucket = await open();
  return {
    async put(record) {
      const bytes = Buffer.from(encodeStatusRecord(record));
      try {
        await bucket.put(subjectToken(record.run), bytes);
      } catch {
        bucket = await open(); // a server that lost its store comes back without the bucket
        await bucket.put(subjectToken(record.run), bytes);
      }
    },
  };
}

/** All listed runs, the latest heartbeat first. Records that do not parse are left out, and counted as `strange`. */
export async function listRuns(
  client: NatsClient,
): Promise<{ readonly runs: StatusRecord[]; readonly strange: number }> {
  const manager = await jetStreamOf(client);
  const stream = `KV_${BUCKET}`;
  const subjects = await manager.streams.info(stream, { subjects_filter: ">" }).then(
    ({ state }) => Object.keys(state.subjects ?? {}),
    (error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    },
  );
  const runs: StatusRecord[] = [];
  let strange = 0;
  for (const subject of subjects) {
    const stored = await getStored(client, stream, { last_by_subj: subject });
    const record = stored && decodeStatusRecord(Buffer.from(stored.data).toString());
    if (record) runs.push(record);
    else if (stored) strange++;
  }
  runs.sort((a, b) => b.heartbeat - a.heartbeat);
  return { runs, strange };
}

/** Whether the run's own record says that it has ended; false if the server has no record of it. */
export async function hasEnded(client: NatsClient, name: string): Promise<boolean> {
  return (await listRuns(client)).runs.some((record) => record.run === name && isOver(record));
}

/**
 * The name of the only run in progress.
 *
 * @throws GanglionError TRANSPORT when there is none; USAGE when there are several, with their names
 */
export async function onlyRun(client: NatsClient): Promise<string> {
  const alive = (await listRuns(client)).runs.filter((run) => isAlive(run));
  if (alive.length === 1) return alive[0].run;
  const which =
    alive.length === 0
      ? "no run is in progress"
      : `${alive.length} runs are in progress (${alive.map(({ run }) => run).join(", ")})`;
  throw new GanglionError(
    alive.length === 0 ? "TRANSPORT" : "USAGE",
    `${which} at ${client.address}: ${alive.length === 0 ? "start one with ganglion coordinator --nats" : "say which with --run NAME"}`,
  );
}
