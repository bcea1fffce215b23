// ONNX Runtime's execution providers: which one a device stands for.
import type { InferenceSession } from "onnxruntime-node";
import type { DeviceName } from "../open-engine.ts";

type Providers = NonNullable<InferenceSession.SessionOptions["executionProviders"]>;

/** In order of preference: what a GPU's provider lacks runs on the CPU's. */
export function providersOf(device: DeviceName): Providers {
  switch (device) {
    case "cpu":
      return ["cpu"];
    case "webgpu":
      return ["webgpu", "cpu"];
    case "cuda":
      return ["cuda", "cpu"];
    default:
      return device satisfies never;
  }
}
