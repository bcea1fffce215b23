// The GPU of this machine, and why it cannot be checked where there is none.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { GanglionError } from "../../shared/errors.ts";
import { nvidiaGpus } from "../../worker/devices/nvidia.ts";
import { useVulkanDriver, vulkanDrivers } from "../../worker/devices/vulkan.ts";
import type { GpuDevice, Report } from "./report.ts";

/** Vulkan drivers that compute on the processor: no GPU. */
const SOFTWARE = new Set(["lvp", "swiftshader"]);
/** SwiftShader's manifest, where Debian's chromium has it. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const NOTE = "without one, --software exercises this script on a software GPU";

/** @throws GanglionError ENGINE where a device that is to be checked has no GPU */
export function refuseWithoutGpu(devices: readonly GpuDevice[]): void {
  if (devices.includes("cuda") && nvidiaGpus().length === 0)
    throw new GanglionError(
      "ENGINE",
      `there is no NVIDIA GPU for cuda: nvidia-smi -L lists none, and there is no /dev/nvidia0; install NVIDIA's driver, or give --devices webgpu for another's (${NOTE})`,
    );
  const drivers = vulkanDrivers().map(({ name }) => name);
  if (
    devices.includes("webgpu") &&
    process.platform === "linux" &&
    drivers.every((name) => SOFTWARE.has(name))
  )
    throw new GanglionError(
      "ENGINE",
      `there is no GPU for webgpu: Vulkan's drivers here are ${drivers.join(", ") || "none"}; install the GPU's, name its .json file in VK_DRIVER_FILES, or give --devices cuda (${NOTE})`,
    );
}

/**
 * Shows this process and all that it starts SwiftShader alone.
 *
 * @throws GanglionError ENGINE where it is not installed
 */
export function useSoftwareGpu(): void {
  if (!existsSync(SWIFTSHADER))
    throw new GanglionError(
      "ENGINE",
      `there is no software GPU: ${SWIFTSHADER} is not there; on Debian, apt-get install chromium libvulkan1`,
    );
  useVulkanDriver(SWIFTSHADER);
}

/** Of the first GPU that CUDA would take; null where nvidia-smi does not tell. */
export async function gpuFacts(): Promise<Report["gpu"]> {
  const fields = "name,driver_version,memory.total,compute_cap";
  try {
    const { stdout } = await promisify(execFile)(
      "nvidia-smi",
      [`--query-gpu=${fields}`, "--format=csv,noheader,nounits"],
      { timeout: 20_000 },
    );
    const [name, driver, mebibytes, computeCapability] = stdout.split("\n")[0].split(", ");
    return { name, driver, memoryBytes: Number(mebibytes) * 2 ** 20, computeCapability };
  } catch {
    return null; // no NVIDIA GPU: webgpu has no such query
  }
}
