// libtensorflow from a wheel of the Python package index: TensorFlow's own libraries and headers are in it.
import { arch } from "node:os";
import type { TensorflowDevice } from "../../../worker/engine/tensorflow/installation.ts";
import { fetchFromWheels } from "../pip.ts";

export interface Wheel {
  readonly version: string;
  readonly device: TensorflowDevice;
}

/** Leaves `folder/tensorflow` and, for CUDA, `folder/nvidia`. */
export async function fetchWheel(
  source: Wheel,
  folder: string,
  say: (sentence: string) => void,
): Promise<void> {
  const requirement = requirementOf(source);
  say(`downloading ${requirement} with pip (${source.device === "cpu" ? "about 300 MB" : "about 4 GB"})`);
  await fetchFromWheels(
    {
      requirements: [requirement],
      dependencies: source.device === "cuda", // CUDA's libraries are its dependencies
      // What is linked and compiled against; NVIDIA's libraries keep their place beside tensorflow's, where it looks.
      wanted: ["tensorflow/libtensorflow", "tensorflow/include/", "nvidia/"],
      remedy:
        "it needs python3 with pip, and an index that has TensorFlow (pip's own settings say which); or give --libtensorflow FOLDER",
    },
    folder,
  );
}

/** What pip is asked for. */
export function requirementOf({ version, device }: Wheel): string {
  if (device === "cuda") return `tensorflow[and-cuda]==${version}`;
  return `${arch() === "arm64" ? "tensorflow" : "tensorflow-cpu"}==${version}`; // the small one has no arm64 wheels
}
