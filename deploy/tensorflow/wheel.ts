// libtensorflow from a wheel of the Python package index: TensorFlow's own libraries and headers are in it.
import { rm } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import type { TensorflowDevice } from "../../worker/engine/tensorflow/installation.ts";
import { runTool } from "./tool.ts";

export interface Wheel {
  readonly version: string;
  readonly device: TensorflowDevice;
}

/** Wheels carry a Python version in their name; nothing of Python is used, so this need not be the machine's. */
const PYTHON = "3.11";
const PLATFORMS = ["manylinux_2_27", "manylinux_2_17", "manylinux2014"];

/** Leaves `folder/tensorflow` and, for CUDA, `folder/nvidia`. */
export async function fetchWheel(
  source: Wheel,
  folder: string,
  say: (sentence: string) => void,
): Promise<void> {
  const requirement = requirementOf(source);
  const wheels = join(folder, "wheels");
  say(`downloading ${requirement} with pip (${source.device === "cpu" ? "about 300 MB" : "about 4 GB"})`);
  const remedy =
    "it needs python3 with pip, and an index that has TensorFlow (pip's own settings say which); or give --libtensorflow FOLDER";
  await runTool({
    command: "python3",
    arguments: pipArguments(source, wheels),
    purpose: `download ${requirement}`,
    remedy,
  });
  say("unpacking libtensorflow");
  await runTool({
    command: "python3",
    arguments: ["-c", UNPACK, wheels, folder],
    purpose: "unpack the wheel",
    remedy,
  });
  await rm(wheels, { recursive: true });
}

/** What pip is asked for. */
export function requirementOf({ version, device }: Wheel): string {
  if (device === "cuda") return `tensorflow[and-cuda]==${version}`;
  return `${arch() === "arm64" ? "tensorflow" : "tensorflow-cpu"}==${version}`; // the small one has no arm64 wheels
}

/** Only what is linked and compiled against; NVIDIA's libraries keep their place beside tensorflow's, where it looks. */
const UNPACK = `
import pathlib, sys, zipfile
wheels, folder = map(pathlib.Path, sys.argv[1:])
wanted = ("tensorflow/libtensorflow", "tensorflow/include/", "nvidia/")
for wheel in wheels.glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(wanted)])
`;

function pipArguments(source: Wheel, wheels: string): string[] {
  const machine = arch() === "arm64" ? "aarch64" : "x86_64";
  const python = `--implementation cp --python-version ${PYTHON} --abi cp${PYTHON.replace(".", "")} --abi abi3 --abi none`;
  const platforms = PLATFORMS.flatMap((platform) => ["--platform", `${platform}_${machine}`]);
  const alone = source.device === "cpu" ? ["--no-deps"] : []; // CUDA's libraries are its dependencies
  return [
    ..."-m pip download --quiet --disable-pip-version-check --only-binary=:all:".split(" "),
    ...python.split(" "),
    ...platforms,
    ...alone,
    "--dest",
    wheels,
    requirementOf(source),
  ];
}
