// Inputs that stay on the GPU from run to run: weights travel once a version, not once a shard.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { ValueSpec } from "../../../shared/program/program.ts";
import { GraphBuilder } from "./graph-builder.ts";
import { GPU } from "./lower/convolution/tuning.ts";
import { encodeModel } from "./onnx.ts";
import type { OnnxRuntime } from "./onnxruntime.ts";

export interface ResidentInputs {
  /** Their tensors on the device, copied there anew if they were refreshed. */
  current(): Promise<Record<string, Tensor>>;
  /** What the arrays hold has changed. */
  refresh(): void;
  dispose(): Promise<void>;
}

/**
 * The binding makes no tensor on a device but as an output: so a session that only copies is run,
 * and told to leave its outputs there. `host` are the tensors over the arrays, by ONNX name.
 */
export async function keepResident(
  ort: OnnxRuntime,
  host: Readonly<Record<string, Tensor>>,
  options: InferenceSession.SessionOptions,
): Promise<ResidentInputs> {
  const names = Object.keys(host);
  const builder = new GraphBuilder(GPU);
  for (const name of names) {
    const { type, dims } = host[name];
    const spec: ValueSpec = { dtype: type as ValueSpec["dtype"], shape: dims };
    builder.output(`on device/${name}`, builder.input(name, spec), spec);
  }
  const copy = await ort.InferenceSession.create(encodeModel(builder.graph()), {
    ...options,
    preferredOutputLocation: "gpu-buffer",
  });
  let held: Record<string, Tensor> | null = null;
  const drop = (): void => {
    for (const tensor of Object.values(held ?? {})) tensor.dispose();
    held = null;
  };
  return {
    async current() {
      if (held) return held;
      const outputs = await copy.run(host);
      held = Object.fromEntries(names.map((name) => [name, outputs[`on device/${name}`]]));
      return held;
    },
    refresh: drop,
    async dispose() {
      drop();
      await copy.release();
    },
  };
}
