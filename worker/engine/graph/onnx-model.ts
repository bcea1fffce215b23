// A user's ONNX model, run by ONNX Runtime: an extractor of features that is no program of this project.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { EngineModel, OpenModel } from "../engine.ts";
import type { DeviceName } from "../engine-choice.ts";
import type { OnnxRuntime } from "./onnxruntime.ts";

/** @throws GanglionError USAGE where ONNX Runtime cannot read the model, or it lacks one of the named outputs */
export async function openOnnxModel(
  ort: OnnxRuntime,
  device: DeviceName,
  options: InferenceSession.SessionOptions,
  { bytes, name, ...named }: OpenModel,
): Promise<EngineModel> {
  const executionProviders = device === "cpu" ? ["cpu"] : [device, "cpu"];
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(bytes, { ...options, executionProviders });
  } catch (cause) {
    const message = `ONNX Runtime cannot use the extractor ${name}: ${messageOf(cause)}`;
    throw new GanglionError("USAGE", message, { cause });
  }
  const { input = session.inputNames[0], outputs = session.outputNames.slice(0, 1) } = named;
  for (const [kind, wanted, there] of [
    ["input", [input], session.inputNames],
    ["output", outputs, session.outputNames],
  ] as const) {
    const missing = wanted.find((one) => !there.includes(one));
    if (missing === undefined) continue;
    await session.release();
    throw new GanglionError(
      "USAGE",
      `the extractor ${name} has no ${kind} "${missing}": it has ${there.join(", ")}; name the right one in its .json`,
    );
  }
  return {
    input,
    outputs,
    async run(images, shape) {
      try {
        const made = await session.run({ [input]: new ort.Tensor("float32", images, shape) }, [...outputs]);
        return outputs.map((output) => floatsOf(name, output, made[output]));
      } catch (cause) {
        if (cause instanceof GanglionError) throw cause;
        const message = `the extractor ${name} fails on images [${shape.join(", ")}]: ${messageOf(cause)}`;
        throw new GanglionError("USAGE", message, { cause });
      }
    },
    dispose: () => session.release(),
  };
}

function floatsOf(name: string, output: string, { type, data }: Tensor): Float32Array {
  if (type === "float32") return data as Float32Array;
  throw new GanglionError(
    "USAGE",
    `the output "${output}" of the extractor ${name} is of ${type}: export it as float32`,
  );
}
