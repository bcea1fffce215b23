// NVIDIA's GPUs in this machine, and how a process is pinned to one of them.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { GanglionError } from "../shared/errors.ts";

export interface NvidiaGpu {
  /** As `nvidia-smi` numbers them, by PCI bus. */
  readonly index: number;
  /** `NVIDIA H100 80GB HBM3`; where nvidia-smi is missing, `GPU 0`. */
  readonly name: string;
}

/** Every GPU, pinned processes included: from `nvidia-smi -L`, else from the driver's device files. */
export function nvidiaGpus(): NvidiaGpu[] {
  const listing = askNvidiaSmi();
  if (listing !== null) return parseListing(listing);
  const files = process.platform === "linux" ? readdirSync("/dev") : [];
  return files
    .flatMap((file) => /^nvidia(\d+)$/.exec(file)?.[1] ?? [])
    .map((index) => ({ index: Number(index), name: `GPU ${index}` }))
    .sort((a, b) => a.index - b.index);
}

/** Lines such as `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`; MIG slices, indented below their GPU, are not listed. */
export function parseListing(listing: string): NvidiaGpu[] {
  return [...listing.matchAll(/^GPU (\d+): (.+?)(?: \(UUID: .*\))?\s*$/gm)].map(([, index, name]) => ({
    index: Number(index),
    name,
  }));
}

/** Null where it is not installed or finds no driver. */
function askNvidiaSmi(): string | null {
  try {
    return execFileSync("nvidia-smi", ["-L"], {
      encoding: "utf8",
      timeout: 20_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    return null;
  }
}

/** Which GPUs to use: `all`, the first so many, or these. */
export type GpuWish =
  | { readonly kind: "all" }
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "indices"; readonly indices: readonly number[] };

/**
 * The GPUs that are wished for. `visible` is CUDA_VISIBLE_DEVICES as a batch system may have set it:
 * `all` and a count keep to its numbers.
 *
 * @throws GanglionError USAGE when there are none, or fewer than wished for
 */
export function chooseGpus(
  wish: GpuWish,
  found: readonly NvidiaGpu[],
  visible: string | undefined = process.env["CUDA_VISIBLE_DEVICES"],
): NvidiaGpu[] {
  if (found.length === 0) {
    throw new GanglionError(
      "USAGE",
      "no NVIDIA GPU is found: nvidia-smi -L lists none and there is no /dev/nvidia0; install NVIDIA's driver, or leave --gpus out",
    );
  }
  const allowed = found.filter(({ index }) => !visible || visible.split(",").includes(String(index)));
  switch (wish.kind) {
    case "all":
      return allowed;
    case "count":
      if (wish.count <= allowed.length) return allowed.slice(0, wish.count);
      throw new GanglionError(
        "USAGE",
        `--gpus ${wish.count} asks for ${wish.count} GPUs, ${allowed.length} are here: ${listOf(allowed)}`,
      );
    case "indices":
      return wish.indices.map((wanted) => {
        const gpu = found.find(({ index }) => index === wanted);
        if (gpu) return gpu;
        throw new GanglionError(
          "USAGE",
          `--gpus names GPU ${wanted}, which is not here: ${listOf(found)} are`,
        );
      });
    default:
      return wish satisfies never;
  }
}

/** A process with this environment sees one GPU, as its number 0, numbered as nvidia-smi does. */
export function pinTo({ index }: NvidiaGpu): Record<string, string> {
  return {
    CUDA_DEVICE_ORDER: "PCI_BUS_ID", // CUDA's own order is "fastest first"
    CUDA_VISIBLE_DEVICES: String(index),
    TF_FORCE_GPU_ALLOW_GROWTH: "true", // libtensorflow would take all the memory at once
  };
}

function listOf(gpus: readonly NvidiaGpu[]): string {
  return gpus.map(({ index, name }) => `${index} (${name})`).join(", ") || "none";
}
