// Native libraries out of wheels of the Python package index; nothing of Python is used but pip and zipfile.
import { rm } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { runTool } from "./tensorflow/tool.ts";

export interface Wheels {
  /** As pip is asked for them, e.g. `onnxruntime-gpu==1.30.0`. */
  readonly requirements: readonly string[];
  /** Also what they depend on. */
  readonly dependencies: boolean;
  /** Only files whose names in the wheel begin so. */
  readonly wanted: readonly string[];
  /** What the user can do when it fails. */
  readonly remedy: string;
}

/** Wheels have a Python version in their names, which need not be this machine's. */
const PYTHON = "3.11";
const PLATFORMS = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"];

/**
 * Downloads wheels for this machine's processor and unpacks the wanted files into `folder`.
 *
 * @throws GanglionError ENGINE with the remedy
 */
export async function fetchFromWheels(wheels: Wheels, folder: string): Promise<void> {
  const { requirements, wanted, remedy } = wheels;
  const downloads = join(folder, "wheels");
  await runTool({
    command: "python3",
    arguments: pipArguments(wheels, downloads),
    purpose: `download ${requirements.join(", ")}`,
    remedy,
  });
  await runTool({
    command: "python3",
    arguments: ["-c", UNPACK, downloads, folder, ...wanted],
    purpose: "unpack the wheels",
    remedy,
  });
  await rm(downloads, { recursive: true });
}

const UNPACK = `
import pathlib, sys, zipfile
wheels, folder = map(pathlib.Path, sys.argv[1:3])
for wheel in wheels.glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(tuple(sys.argv[3:]))])
`;

function pipArguments({ requirements, dependencies }: Wheels, downloads: string): string[] {
  const machine = arch() === "arm64" ? "aarch64" : "x86_64";
  const python = `--implementation cp --python-version ${PYTHON} --abi cp${PYTHON.replace(".", "")} --abi abi3 --abi none`;
  return [
    ..."-m pip download --quiet --disable-pip-version-check --only-binary=:all:".split(" "),
    ...python.split(" "),
    ...PLATFORMS.flatMap((platform) => ["--platform", `${platform}_${machine}`]),
    ...(dependencies ? [] : ["--no-deps"]),
    "--dest",
    downloads,
    ...requirements,
  ];
}
