// Where ONNX Runtime with CUDA is installed on this machine, by `ganglion setup cuda`.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { GanglionError } from "../../../shared/errors.ts";
import { userCache } from "../../../shared/user-folders.ts";

/** What a provisioned folder says of itself, in `installed.json`. */
const InstalledSchema = z.object({
  /** Version of the npm package whose binding it is, and of its libraries. */
  onnxruntime: z.string(),
  /** Where the libraries came from, in words. */
  source: z.string(),
});

export type InstalledCuda = z.infer<typeof InstalledSchema>;

export const INSTALLED_FILE = "installed.json";
/** Inside the folder: NVIDIA's own libraries, where they were fetched too. */
export const NVIDIA_FOLDER = "nvidia";

/**
 * `GANGLION_ONNXRUNTIME`, or a folder of the user's cache ($XDG_CACHE_HOME, ~/.cache).
 *
 * @throws GanglionError ENGINE where there is neither
 */
export function cudaFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = userCache(environment);
  const folder = environment["GANGLION_ONNXRUNTIME"] || (cache && join(cache, "onnxruntime-cuda"));
  if (folder) return folder;
  throw new GanglionError(
    "ENGINE",
    "this user has no home folder, where ONNX Runtime with CUDA would lie: name a folder in GANGLION_ONNXRUNTIME",
  );
}

/**
 * What is in the folder.
 *
 * @throws GanglionError ENGINE where there is nothing, or what was made for another version of the npm package
 */
export function findCuda(version: string, folder = cudaFolder()): InstalledCuda {
  const file = join(folder, INSTALLED_FILE);
  if (!existsSync(file)) {
    throw new GanglionError(
      "ENGINE",
      `there is no ONNX Runtime with CUDA in ${folder}: run ganglion setup cuda, or name its folder in GANGLION_ONNXRUNTIME`,
    );
  }
  const installed = InstalledSchema.safeParse(readJson(file));
  if (!installed.success)
    throw new GanglionError("ENGINE", `${file} cannot be read: run ganglion setup cuda --force`);
  if (installed.data.onnxruntime === version) return installed.data;
  throw new GanglionError(
    "ENGINE",
    `ONNX Runtime with CUDA in ${folder} is ${installed.data.onnxruntime}, the npm package ${version}: run ganglion setup cuda --force`,
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null; // refused by the schema
  }
}
