// ONNX Runtime, loaded so that it keeps to itself: its Linux and macOS builds report usage over the network by default.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { GanglionError } from "../../../shared/errors.ts";
import type { DeviceName } from "../engine-choice.ts";
import { NVIDIA_FOLDER, cudaFolder, findCuda } from "./cuda-installation.ts";
import { loadLibraries, loadLibrary } from "./preload.ts";

const require = createRequire(import.meta.url);

/** Must be set before the library loads, and by the main thread: the environment of a thread is only a copy. */
process.env["ORT_DISABLE_TELEMETRY"] = "1";

export type OnnxRuntime = typeof import("onnxruntime-node");
export const { version } = require("onnxruntime-node/package.json") as { readonly version: string };

/**
 * The npm package's library, or for CUDA the provisioned one. They have one name, so a process has the one it loads first.
 *
 * @throws GanglionError ENGINE where CUDA is not provisioned, or NVIDIA's driver or libraries are missing
 */
export function loadOnnxRuntime(device: DeviceName): OnnxRuntime {
  return device === "cuda" ? loadWithCuda(cudaFolder()) : (require("onnxruntime-node") as OnnxRuntime);
}

function loadWithCuda(folder: string): OnnxRuntime {
  findCuda(version, folder);
  const missing = loadLibrary("libcuda.so.1");
  if (missing !== null) {
    throw new GanglionError(
      "ENGINE",
      `NVIDIA's driver is not installed here (${missing}): install it, 580 or newer, or use --device cpu`,
    );
  }
  const libraries = join(folder, NVIDIA_FOLDER);
  const failures = existsSync(libraries) ? loadLibraries(libraries) : []; // else the system's, if it has them
  if (failures.length > 0) {
    throw new GanglionError(
      "ENGINE",
      `NVIDIA's libraries in ${libraries} do not load (${failures.join("; ")}): run ganglion setup cuda --force`,
    );
  }
  // Products of 10-bit mantissas (TF32) are the default of NVIDIA's libraries, and miss float32 by 1e-3.
  process.env["NVIDIA_TF32_OVERRIDE"] ??= "0";
  return createRequire(join(folder, "index.js"))("onnxruntime-node") as OnnxRuntime;
}
