// `ganglion setup cuda`: ONNX Runtime with CUDA, for the graph engine.
import { cudaFolder, findCuda } from "../../../worker/engine/graph/cuda-installation.ts";
import { version } from "../../../worker/engine/graph/onnxruntime.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { provisionCuda } from "../../install/cuda.ts";
import { say } from "../../terminal/output.ts";

export interface SetupCudaFlags {
  readonly onnxruntime?: string;
  readonly nvidia: boolean;
  readonly force?: boolean;
}

export async function setUpCuda({ onnxruntime, nvidia, force }: SetupCudaFlags): Promise<void> {
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

/** Where the installation came from; null where there is none, or one that is broken or outdated. */
function provisioned(folder: string): string | null {
  try {
    return findCuda(version, folder).source;
  } catch (error) {
    if (error instanceof GanglionError) return null; // made anew
    throw error;
  }
}
