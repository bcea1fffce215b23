// What the driver counts of the GPU's memory, by process.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Bytes by process id; graphics and compute alike, so WebGPU's too. Empty where the driver does not tell. */
export async function gpuMemory(): Promise<ReadonlyMap<number, number>> {
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", ["-q", "-x"], {
      timeout: 10_000,
      maxBuffer: 2 ** 26,
    });
    return parseProcesses(stdout);
  } catch {
    return new Map(); // not NVIDIA's
  }
}

/** Of nvidia-smi's XML. In containers whose processes have other numbers outside, it lists none or others. */
export function parseProcesses(xml: string): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>();
  for (const [, info] of xml.matchAll(/<process_info>(.*?)<\/process_info>/gs)) {
    const pid = Number(/<pid>(\d+)<\/pid>/.exec(info)?.[1]);
    const mebibytes = Number(/<used_memory>(\d+) MiB<\/used_memory>/.exec(info)?.[1]);
    if (Number.isFinite(pid) && Number.isFinite(mebibytes))
      bytes.set(pid, (bytes.get(pid) ?? 0) + mebibytes * 2 ** 20);
  }
  return bytes;
}
