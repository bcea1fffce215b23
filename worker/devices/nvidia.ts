// NVIDIA's GPUs in this machine, and how a process is pinned to one of them.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { GanglionError } from "../../shared/errors.ts";

export interface NvidiaGpu {
  /** As `nvidia-smi` numbers them, by PCI bus. */
  readonly index: number;
  /** `NVIDIA H100 80GB HBM3`; where nvidia-smi is missing, `GPU 0`. */
  readonly name: string;
  /** `GPU-…`, which CUDA_VISIBLE_DEVICES may name too; null where nvidia-smi is missing. */
  readonly uuid: string | null;
}

/** Every GPU, pinned processes included: from `nvidia-smi -L`, else from the driver's device files. */
export function nvidiaGpus(): NvidiaGpu[] {
  const listing = askNvidiaSmi();
  if (listing !== null) return parseListing(listing);
  const files = process.platform === "linux" ? readdirSync("/dev") : [];
  // A container may have been given /dev/nvidia2 alone: CUDA calls it 0.
  const count = files.filter((file) => /^nvidia\d+$/.test(file)).length;
  return Array.from({ length: count }, (_, index) => ({ index, name: `GPU ${index}`, uuid: null }));
}

/** Lines such as `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`; MIG slices, indented below their GPU, are not listed. */
export function parseListing(listing: string): NvidiaGpu[] {
  const lines = listing.matchAll(/^GPU (?<index>\d+): (?<name>.+?)(?: \(UUID: (?<uuid>.*)\))?\s*$/gm);
  return Array.from(lines, ({ groups }) => ({
    index: Number(groups!["index"]),
    name: groups!["name"],
    uuid: groups!["uuid"] ?? null,
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
  const allowed = visibleGpus(found, visible);
  switch (wish.kind) {
    case "all":
      if (allowed.length > 0) return allowed;
      throw new GanglionError(
        "USAGE",
        `CUDA_VISIBLE_DEVICES=${visible} hides every GPU (${listOf(found)}): name the wanted ones there, or in --gpus`,
      );
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

/** Those that CUDA_VISIBLE_DEVICES leaves: all where it is not set. It names them by number or by (the start of) UUID. */
export function visibleGpus(
  found: readonly NvidiaGpu[],
  visible: string | undefined = process.env["CUDA_VISIBLE_DEVICES"],
): NvidiaGpu[] {
  if (visible === undefined || visible === "") return [...found];
  const names = visible.split(",").map((name) => name.trim());
  const isNamed = ({ index, uuid }: NvidiaGpu): boolean =>
    names.some((name) => name === String(index) || (name.startsWith("GPU-") && uuid?.startsWith(name)));
  return found.filter(isNamed);
}

/** A process with this environment sees one GPU, as its number 0, numbered as nvidia-smi does. */
export function pinTo({ index }: Pick<NvidiaGpu, "index">): Record<string, string> {
  return {
    CUDA_DEVICE_ORDER: "PCI_BUS_ID", // CUDA's own order is "fastest first"
    CUDA_VISIBLE_DEVICES: String(index),
    TF_FORCE_GPU_ALLOW_GROWTH: "true", // libtensorflow would take all the memory at once
  };
}

function listOf(gpus: readonly NvidiaGpu[]): string {
  return gpus.map(({ index, name }) => `${index} (${name})`).join(", ") || "none";
}
