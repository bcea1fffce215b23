// The runs of a NATS server, in a JetStream bucket: coordinators write, `ganglion status` and nodes read.
import type { KV } from "nats";
import { z } from "zod";
import { GanglionError } from "../errors.ts";
import type { NatsClient } from "./nats-client.ts";
import { getStored, isMissing, jetStreamOf } from "./nats-store.ts";
import { subjectToken } from "./nats-subjects.ts";

const count = z.int().nonnegative();
const text = z.string().max(1000);

/** Fields that it does not know are left out: another version may write more. */
const schema = z.object({
  run: text.min(1),
  state: z.enum(["preparing", "training", "stopping", "done", "stopped", "failed"]),
  step: count,
  steps: count,
  /** Of the weights. */
  version: count,
  imagesPerSecond: z.number().nonnegative(),
  /** Where a browser on the coordinator's machine sees it; null when it is off. */
  dashboard: text.nullable(),
  host: text,
  nodes: z
    .array(
      z.object({
        node: text,
        threads: count,
        engine: text,
        device: text,
        state: text,
        contributions: count,
      }),
    )
    .max(10_000),
  /** What was refused, by reason: contributions, and what did not become a message. */
  refused: z.record(z.string().max(100), count),
  /** The coordinator's clock, ms since 1970. */
  heartbeat: count,
});
export type RunRecord = z.infer<typeof schema>;

/** A run that ended, or whose coordinator died, is listed for a day. */
const KEPT_MS = 24 * 3600 * 1000;
const BUCKET = "ganglion-runs";
/** A running coordinator writes every two seconds. */
const SILENT_MS = 10_000;

export interface Registry {
  /** Replaces the run's record; rejects when the server cannot keep it now. */
  put(record: RunRecord): Promise<void>;
}

/** @throws GanglionError USAGE where the server has no JetStream */
export async function openRegistry(client: NatsClient): Promise<Registry> {
  await jetStreamOf(client);
  const open = (): Promise<KV> => client.nats.jetstream().views.kv(BUCKET, { history: 1, ttl: KEPT_MS });
  let bucket = await open();
  return {
    async put(record) {
      const bytes = Buffer.from(JSON.stringify(schema.parse(record)));
      try {
        await bucket.put(subjectToken(record.run), bytes);
      } catch {
        bucket = await open(); // a server that lost its store comes back without the bucket
        await bucket.put(subjectToken(record.run), bytes);
      }
    },
  };
}

/** Every run that is known, the newest heartbeat first; records that do not parse are left out and counted. */
export async function listRuns(
  client: NatsClient,
): Promise<{ readonly runs: RunRecord[]; readonly strange: number }> {
  const manager = await jetStreamOf(client);
  const stream = `KV_${BUCKET}`;
  const subjects = await manager.streams.info(stream, { subjects_filter: ">" }).then(
    ({ state }) => Object.keys(state.subjects ?? {}),
    (error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    },
  );
  const runs: RunRecord[] = [];
  let strange = 0;
  for (const subject of subjects) {
    const stored = await getStored(client, stream, { last_by_subj: subject });
    const record = stored && parseRecord(stored.data);
    if (record) runs.push(record);
    else if (stored) strange++;
  }
  runs.sort((a, b) => b.heartbeat - a.heartbeat);
  return { runs, strange };
}

/** Whether the run's coordinator is there, as far as clocks agree. */
export function isAlive({ state, heartbeat }: RunRecord, now = Date.now()): boolean {
  return !ENDED.has(state) && now - heartbeat < SILENT_MS;
}

/** Whether a run says of itself that it has ended; false for one that the server does not know. */
export async function hasEnded(client: NatsClient, name: string): Promise<boolean> {
  return (await listRuns(client)).runs.some(({ run, state }) => run === name && ENDED.has(state));
}

/**
 * The name of the only run that goes on.
 *
 * @throws GanglionError USAGE when there is none, or several: with their names
 */
export async function onlyRun(client: NatsClient): Promise<string> {
  const alive = (await listRuns(client)).runs.filter((run) => isAlive(run));
  if (alive.length === 1) return alive[0].run;
  const which =
    alive.length === 0
      ? "no run goes on"
      : `${alive.length} runs go on (${alive.map(({ run }) => run).join(", ")})`;
  throw new GanglionError(
    alive.length === 0 ? "TRANSPORT" : "USAGE",
    `${which} at ${client.address}: ${alive.length === 0 ? "start one with ganglion coordinator --nats" : "say which with --run NAME"}`,
  );
}

const ENDED: ReadonlySet<string> = new Set(["done", "stopped", "failed"]);

function parseRecord(data: Uint8Array): RunRecord | null {
  try {
    return schema.parse(JSON.parse(Buffer.from(data).toString()));
  } catch {
    return null; // another version's, or a stranger's
  }
}
