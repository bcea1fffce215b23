// The recording backend of this process, with a kernel for each that tfjs has.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu"; // its registry says which kernels exist
import { GanglionError } from "../../../shared/errors.ts";
import { registerGroupedConvolution } from "../../../shared/program/grouped-convolution.ts";
import { type Attributes, SHAPES } from "../../../shared/program/shapes.ts";
import { COMPOSED } from "./composed-kernels.ts";
import { RecordingBackend } from "./recording-backend.ts";
import { REFUSED } from "./refused-kernels.ts";

export const RECORDING_BACKEND = "ganglion-recording";

/** The recording backend of this process, registered with tfjs at the first call. */
export function recordingBackend(): RecordingBackend {
  if (tf.findBackend(RECORDING_BACKEND) === null) {
    registerGroupedConvolution();
    tf.registerBackend(RECORDING_BACKEND, () => new RecordingBackend(), 0);
    for (const { kernelName } of tf.getKernelsForBackend("cpu")) registerRecordedKernel(kernelName);
  }
  return tf.findBackend(RECORDING_BACKEND) as RecordingBackend;
}

/** The backend that is tracing a step just now, if one is. */
export function activeRecorder(): RecordingBackend | null {
  if (tf.getBackend() !== RECORDING_BACKEND) return null;
  const backend = tf.backend() as RecordingBackend;
  return backend.isRecording ? backend : null;
}

function registerRecordedKernel(kernelName: string): void {
  tf.registerKernel({
    kernelName,
    backendName: RECORDING_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const recorder = backend as RecordingBackend;
      const attributes = (attrs ?? {}) as Attributes;
      const composed = COMPOSED.get(kernelName);
      if (composed) return anew(composed(inputs, attributes, recorder));
      if (SHAPES.has(kernelName)) return recorder.record(kernelName, inputs, attributes);
      throw new GanglionError(
        "UNSUPPORTED_KERNEL",
        `kernel ${kernelName}, called by ${recorder.recording.place}, cannot be part of a step: ${REFUSED.get(kernelName) ?? "it is unknown to this version"}`,
      );
    },
  });
}

/** Never the tensor that came in: tfjs's own tape would take a kernel for its own input, and add its gradient twice. */
function anew(outputs: tf.TensorInfo | tf.TensorInfo[]): tf.TensorInfo | tf.TensorInfo[] {
  const copy = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => ({ dataId, shape, dtype });
  return Array.isArray(outputs) ? outputs.map(copy) : copy(outputs);
}
