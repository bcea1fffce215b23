// The hardware behind a choice of device, in words: what decides how results round.
import { readFileSync } from "node:fs";
import { arch } from "node:os";
import type { EngineChoice } from "../engine/engine-choice.ts";
import { nvidiaGpus, visibleGpus } from "./nvidia.ts";
import { useVulkanDriver, vulkanDrivers } from "./vulkan.ts";

/**
 * The hardware behind a choice, in words: what decides how results round, besides the library's version.
 * A chosen adapter is set in this process's environment, so the main thread must ask before a library loads.
 *
 * @throws GanglionError USAGE when the adapter is not here
 */
export function hardwareOf({ device, adapter }: EngineChoice): string {
  switch (device) {
    case "cpu":
      return instructionSet();
    case "webgpu":
      return webGpuAdapter(adapter);
    case "cuda":
      return cudaGpu();
    default:
      return device satisfies never;
  }
}

/** The binding does not tell which adapter WebGPU took: with one driver that is plain, else all are named. */
function webGpuAdapter(adapter: string | undefined): string {
  if (process.platform === "darwin") return "Metal";
  if (process.platform === "win32") return "Direct3D 12";
  const drivers = adapter === undefined ? vulkanDrivers() : [useVulkanDriver(adapter)];
  return drivers.map(({ name }) => name).join(" or ") || "no Vulkan driver";
}

/** A pinned process's own GPU; else the first, which is the one CUDA takes. */
function cudaGpu(): string {
  return visibleGpus(nvidiaGpus()).at(0)?.name ?? "no NVIDIA GPU";
}

/** Instruction sets that change how a native library rounds, widest first. */
const KNOWN = ["avx512f", "avx2", "avx", "asimd"];

/** Of those instruction sets, the ones that this CPU has. */
export function cpuFeatures(): readonly string[] {
  const flags = cpuFlags();
  return KNOWN.filter((flag) => flags.has(flag));
}

/** E.g. `x64 avx512f`: runs on equal instruction sets (and engine versions) give equal bits. */
export function instructionSet(): string {
  const [widest] = cpuFeatures();
  return widest ? `${arch()} ${widest}` : arch();
}

function cpuFlags(): ReadonlySet<string> {
  if (process.platform !== "linux") return new Set();
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(info);
  return new Set(line?.[1]?.trim().split(/\s+/));
}
