// ONNX Runtime, loaded so that it keeps to itself: its Linux and macOS builds report usage over the network by default.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Must be set before the library loads, and by the main thread: the environment of a thread is only a copy. */
process.env["ORT_DISABLE_TELEMETRY"] = "1";

export const ort = require("onnxruntime-node") as typeof import("onnxruntime-node");
export const { version } = require("onnxruntime-node/package.json") as { readonly version: string };
