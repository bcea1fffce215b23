// A stand-in for NVIDIA's driver: its library by name, with the functions that others are linked to, none of which works.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What ONNX Runtime and cuDNN want of libcuda.so.1 when they are loaded; all else they ask for by name while they run. */
const FUNCTIONS = [
  "cuGetErrorString",
  "cuModuleGetFunction",
  "cuModuleLoadData",
  "cuModuleUnload",
  "cuTensorMapEncodeIm2col",
  "cuTensorMapEncodeTiled",
];
const NO_DEVICE = 100; // CUDA_ERROR_NO_DEVICE

/** Compiles it into `folder`; returns the file. */
export async function createFalseDriver(folder: string): Promise<string> {
  const source = join(folder, "driver.c");
  const library = join(folder, "libcuda.so.1");
  await writeFile(source, FUNCTIONS.map((name) => `int ${name}(void) { return ${NO_DEVICE}; }\n`).join(""));
  await promisify(execFile)("cc", ["-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", library, source]);
  return library;
}
