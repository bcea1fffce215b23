// What the check says to people: a line for each result.
import { count } from "../../deploy/terminal/format.ts";
import type { Agreement, ModelSpeed, Report, SystemSpeed } from "./report.ts";

export function agreementLine({ model, device, shard, outcome }: Agreement): string {
  const what = `${model.padEnd(18)} ${device.padEnd(6)} batch ${String(shard).padStart(2)}  `;
  switch (outcome.kind) {
    case "agrees":
      return `${what}agrees, ${errorText(outcome.largestError)} at most (${outcome.outputs} outputs)`;
    case "differs":
      return `${what}DIFFERS by ${errorText(outcome.largestError)}: ${outcome.worst}`;
    case "fails":
      return `${what}FAILS: ${outcome.cause}`;
    case "not reached":
      return `${what}not reached`;
    default:
      return outcome satisfies never;
  }
}

function errorText(error: number | null): string {
  return error === null ? "more than any number" : error.toExponential(1);
}

export function speedLines({ model, shard, outcome }: ModelSpeed): readonly string[] {
  const what = `${model}, batch ${shard}`;
  switch (outcome.kind) {
    case "measured": {
      const ratios = outcome.ratios.map(
        ({ system, beside, ratio, spread }) =>
          `  ${system} is ${ratio.toFixed(2)} × as fast as ${beside} (rounds within ${(100 * spread).toFixed(0)} %)`,
      );
      return [`${what}, ${outcome.stepsOfATurn} steps a turn`, ...outcome.systems.map(systemLine), ...ratios];
    }
    case "fails":
      return [`${what} FAILS: ${outcome.cause}`];
    case "not reached":
      return [`${what}: not reached`];
    default:
      return outcome satisfies never;
  }
}

function systemLine({ system, outcome }: SystemSpeed): string {
  const name = `  ${system.padEnd(36)}`;
  if (outcome.kind === "fails") return `${name} FAILS: ${outcome.cause}`;
  const { imagesPerSecond, gpuBytes, hostBytes } = outcome;
  const onGpu = gpuBytes === null ? "GPU memory unknown" : `${count(gpuBytes / 1e6)} MB of the GPU`;
  return `${name} ${count(imagesPerSecond).padStart(7)} images/s, ${onGpu}, ${count(hostBytes / 1e6)} MB resident`;
}

export function headLines({ kind, gpu, versions, untested }: Report): readonly string[] {
  const { ganglion, node, onnxruntime, pytorch, platform } = versions;
  const name = gpu
    ? `${gpu.name}, driver ${gpu.driver}, ${count(gpu.memoryBytes / 2 ** 30)} GiB, compute capability ${gpu.computeCapability}`
    : kind === "software"
      ? "a software GPU (SwiftShader)"
      : "a GPU that nvidia-smi does not know";
  const others = `Ganglion ${ganglion}, ONNX Runtime ${onnxruntime}, PyTorch ${pytorch ?? "none"}, Node ${node} on ${platform}`;
  return [name, others, ...untested.map((what) => `not tested: ${what}`)];
}

export function endLines({ passes, reasons }: Report, file: string): readonly string[] {
  return [passes ? "PASSES" : "DOES NOT PASS", ...reasons.map((reason) => `- ${reason}`), `written: ${file}`];
}
