// The systems that do a model's work: Ganglion on each device, and PyTorch.
import { join } from "node:path";
import { type PyTorch } from "../../../deploy/bench/pytorch/find-pytorch.ts";
import { checkSameWork } from "../../../deploy/bench/pytorch/same-work.ts";
import { checkInPyTorch, peerFlags, peerScript } from "../../../deploy/bench/pytorch/script.ts";
import type { Peer } from "../../../deploy/bench/pytorch/write-peer.ts";
import type { Work } from "../../../deploy/bench/work.ts";
import type { GpuDevice } from "../report.ts";
import { typescriptCommand } from "../typescript-command.ts";
import type { TurnsRequest } from "./ganglion-turns.ts";
import { TurnProcess } from "./turn-process.ts";

/** `work.steps` are those of all turns, of which each has `turnSteps`. */
export function startGanglion(
  device: GpuDevice,
  { work, turnSteps, folder }: { readonly work: Work; readonly turnSteps: number; readonly folder: string },
): TurnProcess {
  const request: TurnsRequest = { choice: { engine: "graph", device }, work, turnSteps };
  const command = typescriptCommand(new URL("ganglion-turns.ts", import.meta.url));
  const environment = { GANGLION_CACHE: join(folder, `cache-${device}`), TMPDIR: folder };
  return new TurnProcess(`Ganglion, ${device}`, [...command, JSON.stringify(request)], environment);
}

/**
 * In products of float32, and of TF32 where it computes on a GPU, both in the memory format that is faster there.
 *
 * @throws GanglionError ENGINE where its networks are not the same
 */
export async function startPytorch(
  pytorch: PyTorch,
  { work, turnSteps, peer }: { readonly work: Work; readonly turnSteps: number; readonly peer: Peer },
  stop: AbortSignal,
): Promise<readonly TurnProcess[]> {
  const { channelsLast, ...theirs } = await checkInPyTorch(pytorch, peer.folder, work.shard, stop);
  checkSameWork(peer, theirs);
  const turns = { ...work, steps: turnSteps };
  return (pytorch.device === "cuda" ? [false, true] : [false]).map((tf32) => {
    const flags = peerFlags(pytorch, peer.folder, turns, { channelsLast, tf32 });
    const how = `${channelsLast ? ", channels last" : ""}${tf32 ? ", TF32" : ""}${pytorch.device === "cpu" ? ", on the processor" : ""}`;
    return new TurnProcess(
      `PyTorch ${pytorch.version}${how}`,
      [pytorch.python, peerScript(), ...flags, "--turns"],
      { PYTHONDONTWRITEBYTECODE: "1" },
    );
  });
}
