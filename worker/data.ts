// Where a node gets the run's data from: its own copy, the built-in set, its cache, or the network.
import { cachedDataset } from "../shared/data/cache.ts";
import type { Dataset, Split } from "../shared/data/dataset.ts";
import { loadDataset } from "../shared/data/load.ts";
import type { FetchData } from "../shared/data/packed.ts";
import { GanglionError } from "../shared/errors.ts";
import type { Plan } from "../shared/protocol/messages.ts";

export interface DataSource {
  /** Where the user says that this machine has the data. */
  readonly own: string | undefined;
  readonly fetch: FetchData;
  readonly say: (sentence: string) => void;
}

/**
 * Both splits that the plan asks for. What the user named is taken as it is (the caller compares fingerprints), and its
 * warnings are said where it is other data than the run's; else what the coordinator names, where this machine has the same under that name; else it is fetched, once.
 */
export async function loadPlanData(
  { data, evaluate }: Pick<Plan, "data" | "evaluate">,
  source: DataSource,
): Promise<{ readonly train: Dataset; readonly test: Dataset | null }> {
  const load = (split: Split, fingerprint: string): Promise<Dataset> =>
    source.own === undefined
      ? loadNamed(data.name, split, fingerprint, source)
      : loadOwn(source.own, split, fingerprint, source);
  return {
    train: await load("train", data.fingerprint),
    test: evaluate && data.test !== null ? await load("test", data.test) : null,
  };
}

async function loadOwn(
  name: string,
  split: Split,
  fingerprint: string,
  { say }: DataSource,
): Promise<Dataset> {
  const own = await loadDataset(name, split);
  if (own.fingerprint !== fingerprint) for (const warning of own.warnings) say(`warning: ${warning}`);
  return own;
}

async function loadNamed(
  name: string,
  split: Split,
  fingerprint: string,
  { fetch, say }: DataSource,
): Promise<Dataset> {
  const here = await loadDataset(name, split).catch((error: unknown) => {
    if (error instanceof GanglionError && error.code === "DATA") return null; // this machine has no such folder
    throw error;
  });
  if (here?.fingerprint === fingerprint) return here;
  say(`fetching the run's ${split} data (${fingerprint.slice(0, 12)}…)`);
  return { ...(await cachedDataset(fingerprint, fetch, { say })), name };
}
