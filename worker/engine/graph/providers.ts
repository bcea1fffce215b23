// ONNX Runtime's execution providers: which one a device stands for, and which kernels it gets wrong.
import type { InferenceSession } from "onnxruntime-node";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { DeviceName } from "../engine-choice.ts";
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
      const forceCpuNodeNames = graph.nodes.filter((node) => unfitForWebGpu(node, graph)).map(nodeName);
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
 * WGSL lets the circular functions miss by 2^-11, and powers by what exp2(y · log2(x)) loses (§15.7.4.1, "Accuracy of
 * concrete floating point expressions"): measured 1e-4 relative, where everything else stays under 1e-5.
 */
const CARELESS = new Set(["Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Pow"]);

/** What WebGPU's provider takes and computes to too few digits, wrongly, or not at all. */
function unfitForWebGpu(node: OnnxNode, { exact }: OnnxGraph): boolean {
  const { op, outputs, attributes } = node;
  if (CARELESS.has(op) || exact.has(nodeName(node))) return true;
  if (op === "MaxPool") return outputs.length > 1; // refuses to tell where a maximum came from
  const group = attributes["group"];
  return op === "ConvTranspose" && group !== undefined && "int" in group && group.int > 1; // mixes the groups up
}
