// A real run over NATS that loses its broker for a minute in mid run, beside the same run undisturbed.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { type JsonEvent, type Running, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

/** Where a process runs: the words before its command, and the server's address as it sees it. */
export interface Place {
  readonly url: string;
  readonly by?: readonly string[];
}

export interface Absence {
  /** In every message of a failure. */
  readonly name: string;
  readonly coordinator: Place;
  readonly nodes: readonly [Place, Place];
  /** Of the server. */
  readonly token?: string;
  /** Whether the nodes are still in their first sessions afterwards, or have joined again. */
  readonly sessions: "kept" | "renewed";
  /** Every warning of the coordinator, where it has a part in the absence. */
  readonly warnings?: readonly RegExp[];
  /** Begins the absence, and ends it. */
  readonly begin: () => unknown;
  readonly end: () => unknown;
}

/** Of leases that are late, and of the list of runs, nothing is said. */
export const TWO_SENTENCES: readonly RegExp[] = [
  /^lost the NATS server at nats:\S+ at \d\d:\d\d:\d\d: waiting for it$/,
  /^the NATS server at nats:\S+ is back after \d\d s$/,
];

/** What a run without faults leaves. */
export interface Undisturbed {
  readonly flags: readonly string[];
  readonly weightsHash: unknown;
  /** The files of its folder. */
  readonly files: readonly string[];
}

const STEPS = 200;
const IMAGES = 500;
const NODES = ["a", "b"];
/** In mid run, with work on its way. */
const FAULT_AT = 20;
/** The minute that a broker may be away, and what noticing takes. The wait is the fault itself. */
const ABSENCE_MS = 65_000;

export async function undisturbedRun(): Promise<Undisturbed> {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "digits"), IMAGES, [28, 28, 1], 10);
  const small = ["--preset", "digits", "--batch", "8", "--shard", "2", "--seed", "3"];
  const flags = [...small, "--steps", String(STEPS), "--data", data];
  const { run, weightsHash } = await trainJson([...flags, "--out", folder, "--workers", "1"]);
  return { flags, weightsHash, files: await filesOf(String(run)) };
}

/** Runs a coordinator and two nodes through an absence; fails where it leaves any trace but time. */
export async function expectNoTrace(
  { flags, weightsHash, files }: Undisturbed,
  { name, token, sessions, warnings, coordinator, nodes: places, begin, end }: Absence,
): Promise<void> {
  const secret: Record<string, string> = token === undefined ? {} : { GANGLION_TOKEN: token };
  const start = (words: readonly string[], { url, by }: Place): Running =>
    startCli([...words, "--nats", url, "--run", name], secret, by);
  const out = await temporaryFolder();
  const run = start(["coordinator", ...flags, "--out", out, "--json", "--dashboard", "off"], coordinator);
  await run.event(({ event }) => event === "listening");
  const nodes = NODES.map((node, i) => start(["worker", "--node", node], places[i]));
  await run.event((event) => readyNodes(event) === NODES.length);
  await run.event(({ event, step }) => event === "step" && Number(step) >= FAULT_AT);

  await begin();
  const away = delay(ABSENCE_MS, "all are still there");
  expect(await Promise.race([away, ...[run, ...nodes].map(({ finished }) => finished)]), name).toBe(
    await away,
  );
  await end();

  const { code, events, stderr } = await run.finished;
  expect([code, stderr], name).toEqual([0, ""]);
  if (warnings) {
    const told = events.filter(({ event }) => event === "warning").map(({ message }) => message);
    expect(told, name).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
  }
  for (const node of nodes) {
    const { stdout, ...rest } = await node.finished;
    expect(rest, name).toMatchObject({ code: 0, stderr: "" });
    if (sessions === "kept") expect(stdout.match(/^joined /gm), name).toHaveLength(1);
    else expect(stdout, name).toMatch(/^lost .*, joining again$/m);
  }
  const done = events.at(-1)!;
  expect(done, name).toMatchObject({ event: "done", steps: STEPS, weightsHash });
  expect(await filesOf(String(done["run"])), name).toEqual(files);
  const ledger = await readLedger((await findRun(String(done["run"]))).ledgerFile);
  expect(ledger, name).toHaveLength(STEPS);
  expect(verifyLedger(ledger, IMAGES), name).toEqual([]);
}

function readyNodes({ event, nodes }: JsonEvent): number {
  return event === "workers"
    ? (nodes as { state: string }[]).filter(({ state }) => state === "ready").length
    : 0;
}

async function filesOf(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}
