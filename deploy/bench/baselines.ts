// Other systems that do the same work, measured in turn with the graph engine.
import { settleEngine } from "../nodes/settle-engine.ts";
import { measureInSubprocess } from "./subprocess.ts";
import { HOW_TO_GET_PYTORCH, type PyTorch, findPyTorch, measurePyTorch, networksOf } from "./pytorch.ts";
import type { Speed } from "./speed.ts";
import type { BaselineName, Work } from "./work.ts";

export interface Baseline {
  /** For the table. */
  readonly system: string;
  measure(): Promise<Speed>;
}

/** The systems of this name that are installed here, or a sentence on how to install one. */
export type Found =
  | { readonly kind: "here"; readonly baselines: readonly Baseline[] }
  | { readonly kind: "missing"; readonly remedy: string };

/**
 * `pythons`: more places to look for PyTorch.
 *
 * @throws GanglionError ENGINE where libtensorflow is not provisioned
 */
export async function findBaselines(
  name: BaselineName,
  work: Work,
  pythons: readonly string[],
): Promise<Found> {
  switch (name) {
    case "pytorch": {
      networksOf(work); // refused before a search that takes seconds
      const found = await findPyTorch(pythons);
      if (found.length === 0) return { kind: "missing", remedy: HOW_TO_GET_PYTORCH };
      const baselines: Baseline[] = [];
      for (const pytorch of found) baselines.push(await pytorchBaseline(pytorch, work));
      return { kind: "here", baselines };
    }
    case "tensorflow": {
      await settleEngine({ engine: "tensorflow" }, work.threads); // refuses where it does not work
      const baseline: Baseline = {
        system: "the same steps on libtensorflow (--engine tensorflow)",
        measure: () => measureInSubprocess({ engine: "tensorflow", device: "cpu" }, work),
      };
      return { kind: "here", baselines: [baseline] };
    }
    default:
      return name satisfies never;
  }
}

async function pytorchBaseline(pytorch: PyTorch, work: Work): Promise<Baseline> {
  const channelsLast = await fasterLayout(pytorch, work);
  return {
    system: `PyTorch ${pytorch.version} DDP, gloo${channelsLast ? ", channels last" : ""}`,
    measure: () => measurePyTorch(pytorch, work, channelsLast),
  };
}

/** Which memory format this PyTorch is faster with here. */
async function fasterLayout(pytorch: PyTorch, work: Work): Promise<boolean> {
  const few = { ...work, steps: 3, warmUp: 2 };
  const usual = await measurePyTorch(pytorch, few, false);
  const channelsLast = await measurePyTorch(pytorch, few, true);
  return channelsLast.leastMs < usual.leastMs;
}
