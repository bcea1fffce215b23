// What the machine reaches at best: MatMul of ONNX Runtime on as many threads at once.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** GFLOPS of `threads` processes together, each with products of its own. */
export async function matmulGflops(threads: number): Promise<number> {
  const probe = fileURLToPath(new URL("matmul-probe.js", import.meta.url));
  const all = Array.from({ length: threads }, () => promisify(execFile)(process.execPath, [probe]));
  const reached = (await Promise.all(all)).map(({ stdout }) => Number(stdout));
  return reached.reduce((sum, gflops) => sum + gflops, 0);
}
