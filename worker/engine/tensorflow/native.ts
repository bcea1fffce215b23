// Loads libtensorflow through tfjs-node-gpu's binding and makes it tfjs's backend, in this thread.
import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { registerGroupedConvolution } from "../../../shared/program/grouped-convolution.ts";
import type { Installation, TensorflowDevice } from "./installation.ts";

export const TENSORFLOW_BACKEND = "tensorflow";

/** The part of the native addon that is used here; the rest is used by the package's kernels. */
export interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

interface BackendModule {
  readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => tf.KernelBackend;
}

const PACKAGE = "@tensorflow/tfjs-node-gpu";
const require = createRequire(import.meta.url);

/**
 * libtensorflow reads these when it is loaded, from the environment of the process: a thread's own `process.env` is a
 * copy. So the main thread calls this before any thread loads it. What the user has set is kept.
 *
 * One intra-op thread, as with ONNX Runtime: a Piscina thread a core is the faster division, and the bits of a result
 * do not depend on how a pool cuts its work.
 */
export function prepareEnvironment(
  device: TensorflowDevice,
  variables: NodeJS.ProcessEnv = process.env,
): void {
  variables["TF_NUM_INTRAOP_THREADS"] ??= "1";
  variables["TF_NUM_INTEROP_THREADS"] ??= "1";
  variables["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  if (device === "cpu") variables["CUDA_VISIBLE_DEVICES"] = "-1";
  else variables["TF_FORCE_GPU_ALLOW_GROWTH"] ??= "true";
}

/**
 * Registers tfjs-node-gpu's kernels and backend with the one tfjs-core there is. The package's index would look for
 * the addon inside the package; what it does besides is done here.
 *
 * @throws GanglionError ENGINE when the addon or a library it needs cannot be loaded
 */
export function loadTensorflow({ binding: file, folder }: Installation): Binding {
  restoreNullCheck();
  let binding: Binding;
  try {
    binding = require(file) as Binding;
  } catch (cause) {
    throw new GanglionError(
      "ENGINE",
      `libtensorflow in ${folder} cannot be loaded: ${messageOf(cause)}; run ganglion setup tensorflow --force`,
      { cause },
    );
  }
  if (tf.findBackendFactory(TENSORFLOW_BACKEND) === null) {
    require(`${PACKAGE}/dist/register_all_kernels`);
    const { NodeJSKernelBackend } = require(`${PACKAGE}/dist/nodejs_kernel_backend`) as BackendModule;
    registerGroupedConvolution(TENSORFLOW_BACKEND);
    tf.registerBackend(TENSORFLOW_BACKEND, () => new NodeJSKernelBackend(binding, PACKAGE));
  }
  return binding;
}

/** Node 23 removed `util.isNullOrUndefined`, which the package's kernels call. */
export function restoreNullCheck(): void {
  const util = require("node:util") as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
}
