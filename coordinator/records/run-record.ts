// `run.json`: what a run is called, and each session of it: the command, the versions, the nodes, and how it ended.
import { z } from "zod";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { readRegularFile } from "../../shared/regular-file.ts";
import { replaceFile } from "./files/durable-file.ts";

const text = z.string().max(4000);
const time = z.string().max(40);

const node = z.object({
  node: text,
  threads: z.int().nonnegative(),
  engine: text,
  device: text,
  /** Library, version and CPU features, as far as they decide the bits of its results. */
  numerics: text.optional(),
  /** ISO 8601. */
  joined: time,
});

const session = z.object({
  /** As it was typed, without secrets. */
  command: z.array(z.string()),
  /** Steps made before it. */
  fromStep: z.int().nonnegative(),
  ganglion: text,
  nodeJs: text,
  system: text,
  host: text,
  started: time,
  /** Every node once; the first 1000. */
  nodes: z.array(node),
  note: text.optional(),
  /** Absent while it goes on, and where it was killed. */
  ended: time.optional(),
  end: z.enum(["done", "stopped", "diverged", "failed"]).optional(),
  /** Why. */
  reason: text.optional(),
  /** Steps that the run has made by then. */
  step: z.int().nonnegative().optional(),
});

/** Fields that it does not know are left out: another version may write more. */
const schema = z.object({
  name: text.nullable().catch(null),
  tags: z.array(text).catch([]),
  note: text.nullable().catch(null),
  /** The least FID measured so far, and the steps that its weights had made. */
  best: z.object({ step: z.int().nonnegative(), fid: z.number() }).nullable().catch(null),
  sessions: z.array(session).catch([]),
});

export type RunRecord = z.infer<typeof schema>;
export type Session = RunRecord["sessions"][number];
export type SessionNode = Session["nodes"][number];

export const EMPTY_RECORD: RunRecord = { name: null, tags: [], note: null, best: null, sessions: [] };

/** What can be read of it; nothing where there is no such file, as in runs of an older version, or where it is damaged. */
export async function readRunRecord(file: string): Promise<RunRecord> {
  try {
    return schema.parse(JSON.parse(await readRegularFile(file)));
  } catch {
    return EMPTY_RECORD; // it describes, and decides nothing
  }
}

/** @throws GanglionError RUN_FOLDER when it cannot be written */
export async function writeRunRecord(file: string, record: RunRecord): Promise<void> {
  try {
    await replaceFile(file, `${JSON.stringify(record, null, 2)}\n`);
  } catch (cause) {
    throw new GanglionError("RUN_FOLDER", `cannot write ${file}: ${messageOf(cause)}`, { cause });
  }
}
