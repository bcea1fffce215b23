// `ganglion setup cuda`: ONNX Runtime with CUDA, for the graph engine.
import type { Command } from "commander";
import { cudaFolder, findCuda } from "../../worker/engine/graph/cuda-installation.ts";
import { version } from "../../worker/engine/graph/onnxruntime.ts";
import { GanglionError } from "../../shared/errors.ts";
import { provisionCuda } from "../install/cuda.ts";
import { say } from "../terminal/output.ts";

interface SetupCudaFlags {
  readonly onnxruntime?: string;
  readonly nvidia: boolean;
  readonly force?: boolean;
}

export function addSetupCuda(setup: Command): void {
  setup
    .command("cuda")
    .description("ONNX Runtime with CUDA, for --engine graph --device cuda")
    .option(
      "--onnxruntime <folder>",
      "the lib folder of an unpacked ONNX Runtime for GPUs, of the same version",
    )
    .option("--no-nvidia", "without NVIDIA's libraries: the system has CUDA 13 and cuDNN 9")
    .option("--force", "again, although it is set up")
    .addHelpText("after", NOTES)
    .action((flags: SetupCudaFlags) => setUpCuda(flags));
}

const NOTES = `
It lands in $GANGLION_ONNXRUNTIME, or else in $XDG_CACHE_HOME/ganglion/onnxruntime-cuda (~/.cache/ganglion/onnxruntime-cuda),
and needs python3 with pip and 5 GB of disk while it works. NVIDIA's driver must be 580 or newer.
Nothing is written into node_modules.
`;

async function setUpCuda({ onnxruntime, nvidia, force }: SetupCudaFlags): Promise<void> {
  const folder = cudaFolder();
  const present = force ? null : provisioned(folder);
  if (present !== null) {
    say(`ONNX Runtime ${version} with CUDA is set up in ${folder} (${present}); --force does it again`);
    return;
  }
  await provisionCuda({
    folder,
    nvidia,
    say,
    ...(onnxruntime !== undefined && { libraries: onnxruntime }),
  });
  say(`ONNX Runtime ${version} with CUDA is set up in ${folder}: ganglion doctor tries it`);
}

/** Where what is set up came from; null where it is nothing, broken or outdated. */
function provisioned(folder: string): string | null {
  try {
    return findCuda(version, folder).source;
  } catch (error) {
    if (error instanceof GanglionError) return null; // made anew
    throw error;
  }
}
