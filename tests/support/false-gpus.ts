// GPUs that a false nvidia-smi makes up.
import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { temporaryFolder } from "./cli.ts";

/** A PATH whose nvidia-smi lists so many GPUs. */
export async function machineWith(gpus: number): Promise<Record<string, string>> {
  const folder = await temporaryFolder();
  const lines = Array.from({ length: gpus }, (_, i) => `GPU ${i}: NVIDIA Test ${i} (UUID: GPU-00${i})`);
  const command = join(folder, "nvidia-smi");
  await writeFile(command, `#!/bin/sh\n${lines.map((line) => `echo "${line}"\n`).join("")}`);
  await chmod(command, 0o755);
  return { PATH: `${folder}${delimiter}${process.env["PATH"]}` };
}
