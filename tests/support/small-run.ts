// A whole coordinator on networks of a few dozen weights: the real thing, but quick.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import type { LeaseCounts } from "../../coordinator/leases/answer-counts.ts";
import { type Outcome, runCoordinator } from "../../coordinator/main.ts";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { type RunFolder, createRunFolder, openRunFolder } from "../../coordinator/records/run-folder.ts";
import { type RunConfig, type RunConfigInput, parseConfig } from "../../shared/config/config.ts";
import { type Dataset, createDataset } from "../../shared/data/dataset.ts";
import { sharedBytes } from "../../shared/data/shared-memory.ts";
import { createLog } from "../../shared/log.ts";
import { stream } from "../../shared/random/random.ts";
import { type MemoryHub, createMemoryHub } from "../../shared/transport/memory.ts";

/** Images of random bytes, in shared memory as every data set. */
export async function randomDataset(
  count: number,
  imageShape: readonly [number, number, number],
  seed = 1,
): Promise<Dataset> {
  const size = count * imageShape.reduce((product, dimension) => product * dimension, 1);
  const images = sharedBytes(size);
  const random = stream(seed, "images");
  for (let i = 0; i < size; i++) images[i] = random.integer(256);
  return createDataset({
    name: "random",
    count,
    imageShape,
    images: { kind: "memory", bytes: images },
    labels: null,
    classNames: null,
    warnings: [],
  });
}

export const SMALL_DATA: Dataset = await randomDataset(50, [2, 2, 1]);

/** 8 shards of 2 samples, two rounds of D and one of G: 3 phases a step. */
export function smallConfig(steps: number, changes: Partial<RunConfigInput> = {}): RunConfig {
  return parseConfig({
    model: { kind: "module", file: fileURLToPath(new URL("./tiny-networks.ts", import.meta.url)) },
    data: "random",
    latentSize: 3,
    batch: 16,
    shard: 2,
    length: { kind: "steps", steps },
    schedule: { kind: "alternating", discriminatorRounds: 2 },
    optimizer: { learningRate: 0.05 },
    sampleCount: 4,
    seed: 11,
    ...changes,
  });
}

export interface SmallRun {
  readonly config: RunConfig;
  /** Where a new run's folder is made. */
  readonly out: string;
  /** A run's folder to go on with, instead. */
  readonly resume?: string;
  readonly stop?: AbortSignal;
  /** Lets nodes join; called before the run begins. */
  readonly nodes: (hub: MemoryHub) => void;
  /** Others may join at any time, as over a socket; by default the coordinator knows that nobody else can. */
  readonly isOpen?: boolean;
  readonly onEvent?: (event: NumberedEvent) => void;
}

export interface SmallOutcome {
  /** How it ended, or the error it ended with. */
  readonly outcome: Outcome | null;
  readonly error: unknown;
  readonly folder: RunFolder;
  readonly counts: LeaseCounts;
}

/** Runs it to its end; the folder stays, without its lock. */
export async function smallRun({
  config,
  out,
  resume,
  stop,
  nodes,
  isOpen = false,
  onEvent,
}: SmallRun): Promise<SmallOutcome> {
  const folder =
    resume === undefined ? await createRunFolder({ out, name: "small" }) : await openRunFolder(resume);
  const checkpoint = resume === undefined ? null : (await loadNewestCheckpoint(folder)).checkpoint;
  const hub = createMemoryHub();
  const { inPlace: _, ...openHub } = hub;
  const history = new EventHistory();
  if (onEvent) history.subscribe(onEvent);
  const never = new AbortController().signal;
  nodes(hub);
  try {
    const { outcome, error } = await runCoordinator({
      config,
      train: SMALL_DATA,
      test: null,
      folder,
      checkpoint,
      hub: isOpen ? openHub : hub,
      history,
      log: createLog({ file: folder.logFile, stderr: "silent" }),
      stop: stop ?? never,
      halt: never,
    }).then(
      (ended) => ({ outcome: ended, error: null }),
      (thrown: unknown) => ({ outcome: null, error: thrown }),
    );
    return { outcome, error, folder, counts: await accountingOf(folder) };
  } finally {
    await folder.release();
  }
}

/** What the run's log says of the leases of its last session. */
async function accountingOf({ logFile }: RunFolder): Promise<LeaseCounts> {
  const lines = (await readFile(logFile, "utf8")).trim().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as { msg: string; leases?: LeaseCounts });
  return entries.findLast(({ msg }) => msg === "accounting")!.leases!;
}
