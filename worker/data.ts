// Where a node gets the run's data from: its own copy, the built-in set, its cache, or the network.
import type { Dataset, Split } from "../shared/data/dataset.ts";
import { isBuiltIn } from "../shared/data/formats.ts";
import { loadDataset } from "../shared/data/load.ts";
import { type FetchData, cachedDataset } from "../shared/data/packed/fetch.ts";
import type { Plan } from "../shared/protocol/messages.ts";

export interface DataSource {
  /** Where the user says that this machine has the data. */
  readonly own: string | undefined;
  readonly fetch: FetchData;
  readonly say: (sentence: string) => void;
  /** Images of more bytes than this stay in their file. */
  readonly memoryBytes: number;
}

/**
 * Both splits that the plan asks for. What the user named is decoded as the run's data were (the caller compares
 * fingerprints), and its warnings are said where it is other data than the run's; built-in data are made here; all else
 * is fetched, once on a machine.
 */
export async function loadPlanData(
  { data, evaluate }: Pick<Plan, "data" | "evaluate">,
  source: DataSource,
): Promise<{ readonly train: Dataset; readonly test: Dataset | null }> {
  const { own, fetch, say, memoryBytes } = source;
  const keeping = { say, memoryBytes };
  const load = async (split: Split, fingerprint: string): Promise<Dataset> => {
    const { name, images } = data;
    if (own !== undefined || isBuiltIn(name)) {
      const here = await loadDataset(own ?? name, split, { ...keeping, images });
      if (here.fingerprint === fingerprint) return here;
      for (const warning of here.warnings) say(`warning: ${warning}`);
      if (own !== undefined) return here;
    }
    const fetchAloud: FetchData = (wanted, from) => {
      if (from === 0) say(`fetching the run's ${split} data (${wanted.slice(0, 12)}…)`);
      return fetch(wanted, from);
    };
    return { ...(await cachedDataset(fingerprint, fetchAloud, keeping)), name };
  };
  return {
    train: await load("train", data.fingerprint),
    test: evaluate && data.test !== null ? await load("test", data.test) : null,
  };
}
