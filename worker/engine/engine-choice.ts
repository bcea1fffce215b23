// What computes, and on what: the engines, the devices, and which of them go together.
import { GanglionError } from "../../shared/errors.ts";

export type EngineName = "graph" | "tensorflow" | "reference";
export const ENGINES: readonly EngineName[] = ["graph", "tensorflow", "reference"];

/** `webgpu` is any GPU that Vulkan, Metal or Direct3D 12 reaches; `cuda` one of NVIDIA's. */
export type DeviceName = "cpu" | "webgpu" | "cuda";
export const DEVICES: readonly DeviceName[] = ["cpu", "webgpu", "cuda"];

/** What computes, and on what. Plain data: it is handed to threads and child processes. */
export interface EngineChoice {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** With webgpu on Linux: a Vulkan driver by name, or by its manifest; by default whichever WebGPU takes. */
  readonly adapter?: string;
}

/** What each engine can run on, if the machine has it. */
export const DEVICES_OF: Readonly<Record<EngineName, readonly DeviceName[]>> = {
  graph: ["cpu", "webgpu", "cuda"],
  tensorflow: ["cpu", "cuda"],
  reference: ["cpu"],
};

/** @throws GanglionError USAGE when the engine does not run on the device, or the device takes no adapter */
export function checkChoice({ engine, device, adapter }: EngineChoice): void {
  const devices = DEVICES_OF[engine];
  if (!devices.includes(device)) {
    throw new GanglionError(
      "USAGE",
      `the ${engine} engine does not run on ${device}: give --device ${devices.join(" or ")}`,
    );
  }
  if (adapter !== undefined && (device !== "webgpu" || process.platform !== "linux"))
    throw new GanglionError("USAGE", `--adapter ${adapter} chooses among WebGPU's on Linux: leave it out`);
}

/** Two threads of one process that compute over WebGPU at once crash it (ONNX Runtime issue 32561): one is all it gets. */
export function mostThreads({ device }: EngineChoice): number {
  return device === "webgpu" ? 1 : Number.POSITIVE_INFINITY;
}

/** @throws GanglionError USAGE when the device does not bear so many threads in one process */
export function checkThreads(choice: EngineChoice, threads: number): void {
  if (threads <= mostThreads(choice)) return;
  throw new GanglionError(
    "USAGE",
    `webgpu computes in one thread a process, not in ${threads}: give --threads 1; more of them are workers in processes of their own (train --transport ws)`,
  );
}
