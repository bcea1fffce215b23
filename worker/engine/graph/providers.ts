// ONNX Runtime's execution providers: which one a device stands for, and what it must not be trusted with.
import type { InferenceSession } from "onnxruntime-node";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { DeviceName } from "../open-engine.ts";
import type { OnnxGraph, OnnxNode } from "./onnx.ts";

type Providers = NonNullable<InferenceSession.SessionOptions["executionProviders"]>;

/**
 * In order of preference: what a GPU's provider has no kernel for, ONNX Runtime runs on the CPU's, between two copies.
 * With WebGPU that is Or, Round, Sign and any Reshape of int64, and `unfitForWebGpu`.
 */
export function providersFor(device: DeviceName, graph: OnnxGraph): Providers {
  switch (device) {
    case "cpu":
      return ["cpu"];
    case "webgpu": {
      const forceCpuNodeNames = graph.nodes.filter(unfitForWebGpu).map(nodeName);
      const options = forceCpuNodeNames.length > 0 && { forceCpuNodeNames }; // an empty list is refused
      return [{ name: "webgpu", ...options }, "cpu"];
    }
    case "cuda":
      return ["cuda", "cpu"];
    default:
      return device satisfies never;
  }
}

/** Why ONNX Runtime prepared no session, in a sentence: the device is missing, or else it dislikes the program. */
export function refusal(device: DeviceName, cause: unknown): GanglionError {
  return new GanglionError("ENGINE", sentenceOf(device, messageOf(cause)), { cause });
}

function sentenceOf(device: DeviceName, said: string): string {
  if (device === "webgpu" && said.includes("Failed to get a WebGPU adapter"))
    return `WebGPU finds no GPU here: install Vulkan's loader and the GPU's driver (on Debian libvulkan1 with mesa-vulkan-drivers or NVIDIA's), or use --device cpu (ONNX Runtime says: ${said
      .split(/\badapter: /)
      .at(-1)!
      .trim()})`;
  // What follows and goes before is C++: signatures, the host's name, a line of a source file.
  const failure = /\b(?:CUDA|CUDNN|CUBLAS) failure \d+: [^;]*/.exec(said)?.[0].trim();
  if (device === "cuda" && failure)
    return `CUDA does not work here (${failure}): it needs NVIDIA's driver 580 or newer and a GPU that this process may see`;
  return `ONNX Runtime refuses the program: ${said}`;
}

/** A node is called like its first output. */
export function nodeName({ outputs }: OnnxNode): string {
  return outputs[0];
}

/**
 * WGSL lets the circular functions miss by 2^-11 (§15.7.4.1, "Accuracy of concrete floating point expressions"):
 * measured 1e-4 relative, where everything else stays under 1e-6.
 */
const CIRCULAR = new Set(["Sin", "Cos", "Tan", "Asin", "Acos", "Atan"]);

/** The provider takes these nodes, and computes them badly (the circular ones) or not at all (where a maximum came from). */
function unfitForWebGpu({ op, outputs }: OnnxNode): boolean {
  return CIRCULAR.has(op) || (op === "MaxPool" && outputs.length > 1);
}
