// What ONNX Runtime says when a GPU is missing, as a sentence.
import { describe, expect, test } from "vitest";
import { providersFor, refusal } from "../../../../worker/engine/graph/providers.ts";
import type { OnnxNode } from "../../../../worker/engine/graph/onnx.ts";

const node = (op: string, ...outputs: string[]): OnnxNode => ({ op, inputs: ["x"], outputs, attributes: {} });
const graph = (...nodes: OnnxNode[]) => ({
  nodes,
  exact: new Set(["e"]),
  initializers: [],
  inputs: [],
  outputs: [],
});

describe("WebGPU", () => {
  test("leaves to the CPU what it computes badly or not at all, by node", () => {
    const nodes = [
      node("Sin", "a"),
      node("MaxPool", "b", "places"),
      node("MaxPool", "c"),
      node("Tanh", "d"),
      node("Tanh", "e"),
    ]; // e is an exact one
    expect(providersFor("webgpu", graph(...nodes))).toEqual([{ name: "webgpu", forceCpuNodeNames: ["a", "b", "e"] }, "cpu"]); // prettier-ignore
    expect(providersFor("webgpu", graph(node("Tanh", "d")))).toEqual([{ name: "webgpu" }, "cpu"]);
    expect(providersFor("cpu", graph(...nodes))).toEqual(["cpu"]);
  });

  test("without a GPU tells what to install", () => {
    const said = "/src/webgpu_context.cc:136 Initialize() was false. Failed to get a WebGPU adapter: No supported adapters\n"; // prettier-ignore
    const { message } = refusal("webgpu", new Error(said));
    expect(message).toMatch(/^WebGPU finds no GPU here: install .* \(ONNX Runtime says: No supported adapters\)$/); // prettier-ignore
  });
});

test("CUDA's failure is told without the C++ around it, and without the host's name", () => {
  const said = "/src/cuda_call.cc:154 void CudaCall() CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=secret ; expr=cudaSetDevice(0);"; // prettier-ignore
  expect(refusal("cuda", new Error(said)).message).toBe(
    "CUDA does not work here (CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version): it needs NVIDIA's driver 580 or newer and a GPU that this process may see",
  );
});
