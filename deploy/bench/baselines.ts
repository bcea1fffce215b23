// Other systems that do the same work, measured in turn with the graph engine.
import { summarizeDataset } from "../../shared/data/load.ts";
import type { DeviceName } from "../../worker/engine/engine-choice.ts";
import { settleEngine } from "../nodes/settle-engine.ts";
import { benchConfig } from "./config.ts";
import { type PyTorch, findPyTorch, howToGetPyTorch, peerDevice } from "./pytorch/find-pytorch.ts";
import { peerObjective } from "./pytorch/objective.ts";
import { checkSameWork } from "./pytorch/same-work.ts";
import { checkInPyTorch, measurePyTorch } from "./pytorch/script.ts";
import { type Peer, writePeer } from "./pytorch/write-peer.ts";
import { measureInSubprocess } from "./subprocess.ts";
import type { System } from "./turns.ts";
import type { BaselineName, Work } from "./work.ts";

/** The systems of this name that are installed here, or a sentence on how to install one. */
export type Found =
  | { readonly kind: "here"; readonly baselines: readonly System[] }
  | { readonly kind: "missing"; readonly remedy: string };

/** Where to look for PyTorch, what it is to compute on, an empty folder for what its script reads, and what ends a script. */
export interface Places {
  readonly device: DeviceName;
  readonly pythons: readonly string[];
  readonly folder: string;
  readonly stop: AbortSignal;
}

/**
 * @throws GanglionError ENGINE where libtensorflow is not provisioned, or PyTorch's networks are not the same; USAGE where
 * PyTorch's script cannot have them
 */
export async function findBaselines(
  name: BaselineName,
  work: Work,
  { pythons, device, folder, stop }: Places,
): Promise<Found> {
  switch (name) {
    case "pytorch": {
      const draft = await benchConfig(work, 1);
      peerObjective(draft.config); // refused before a search that takes seconds
      const on = peerDevice(device);
      const found = await findPyTorch(pythons, on);
      if (found.length === 0) return { kind: "missing", remedy: howToGetPyTorch(on) };
      const { data, images } = draft.config;
      const { summary } = await summarizeDataset(data, "train", { images });
      const peer = await writePeer(draft.forData(summary), summary, folder);
      const baselines: System[] = [];
      for (const pytorch of found) baselines.push(await pytorchSystem(pytorch, work, peer, stop));
      return { kind: "here", baselines };
    }
    case "tensorflow": {
      await settleEngine({ engine: "tensorflow" }, work.threads); // refuses where it does not work
      const baseline: System = {
        system: "the same steps on libtensorflow (--engine tensorflow)",
        measure: () => measureInSubprocess({ engine: "tensorflow", device: "cpu" }, work, { stop }),
      };
      return { kind: "here", baselines: [baseline] };
    }
    default:
      return name satisfies never;
  }
}

/** Both systems' networks, compared before anything is measured. */
export async function pytorchSystem(
  pytorch: PyTorch,
  work: Work,
  peer: Peer,
  until?: AbortSignal,
): Promise<System> {
  const { channelsLast, ...theirs } = await checkInPyTorch(pytorch, peer.folder, work.shard, until);
  checkSameWork(peer, theirs);
  return {
    system: `PyTorch ${pytorch.version}${howItRuns(pytorch, work)}${channelsLast ? ", channels last" : ""}`,
    measure: (stop) => measurePyTorch(pytorch, peer.folder, work, { channelsLast, stop }),
  };
}

function howItRuns({ device }: PyTorch, { threads }: Work): string {
  if (device === "cuda") return ", eager on the GPU";
  return threads > 1 ? " DDP, gloo" : "";
}
