// Provisions ONNX Runtime with CUDA: the npm package's binding beside libraries that npm cannot carry.
import { existsSync, readdirSync } from "node:fs";
import { copyFile, cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch } from "node:os";
import { dirname, join, resolve } from "node:path";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { makeFolder } from "../../shared/make-folder.ts";
import {
  INSTALLED_FILE,
  type InstalledCuda,
  NVIDIA_FOLDER,
  findCuda,
} from "../../worker/engine/graph/cuda-installation.ts";
import { version } from "../../worker/engine/graph/onnxruntime.ts";
import { fetchFromWheels } from "./pip.ts";
import { runTool } from "./tensorflow/tool.ts";

export interface CudaOptions {
  /** Where the engine will look for it. */
  readonly folder: string;
  /** Has libonnxruntime.so and its CUDA provider, of the npm package's version; by default they are downloaded. */
  readonly libraries?: string;
  /** Fetch NVIDIA's libraries too; else the system has CUDA 13 and cuDNN 9. */
  readonly nvidia: boolean;
  readonly say: (sentence: string) => void;
}

/** Of the wheel's own extras `cuda` and `cudnn`; the wheel's Python dependencies are of no use here. */
const NVIDIA_WHEELS = [
  "nvidia-cuda-runtime~=13.0",
  "nvidia-cublas~=13.0",
  "nvidia-curand~=10.0",
  "nvidia-cufft~=12.0",
  "nvidia-cuda-nvrtc~=13.0",
  "nvidia-cudnn-cu13~=9.0",
];
const PROVIDERS = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"];
const REMEDY =
  "it needs python3 with pip, and an index that has these wheels (pip's own settings say which); or give --onnxruntime FOLDER";

/**
 * Everything is made in a folder beside the final one, and takes its place once it has been loaded successfully.
 *
 * @throws GanglionError ENGINE with the remedy
 */
export async function provisionCuda(options: CudaOptions): Promise<InstalledCuda> {
  const { folder, nvidia, say } = options;
  refuse(folder);
  const partial = `${folder}.partial-${process.pid}`;
  try {
    await makeFolder(partial).catch((cause: unknown) => {
      throw new GanglionError(
        "ENGINE",
        `cannot make ${folder}: ${messageOf(cause)}; name another folder in GANGLION_ONNXRUNTIME`,
        { cause },
      );
    });
    const { libraries, source } = await findLibraries(options, partial);
    await assemble(libraries, partial);
    if (nvidia) {
      say("downloading NVIDIA's libraries with pip (about 1.3 GB)");
      await fetchFromWheels(
        { requirements: NVIDIA_WHEELS, dependencies: false, wanted: [`${NVIDIA_FOLDER}/`], remedy: REMEDY },
        partial,
      );
    }
    await tryLoading(partial);
    const installed: InstalledCuda = { onnxruntime: version, source };
    await writeFile(join(partial, INSTALLED_FILE), `${JSON.stringify(installed, null, 2)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return findCuda(version, folder);
}

/** The folder is replaced as a whole: never one that holds something else. */
function refuse(folder: string): void {
  if (process.platform !== "linux" || arch() !== "x64") {
    throw new GanglionError(
      "ENGINE",
      `onnxruntime-node knows CUDA on Linux x64 alone, not on ${process.platform} ${arch()}: use --device webgpu`,
    );
  }
  const foreign = existsSync(folder) && !existsSync(join(folder, INSTALLED_FILE));
  if (foreign && readdirSync(folder).length > 0) {
    throw new GanglionError(
      "ENGINE",
      `${folder} holds something that ganglion setup cuda has not made: name an empty or new folder in GANGLION_ONNXRUNTIME`,
    );
  }
}

async function findLibraries(
  { libraries: given, say }: CudaOptions,
  partial: string,
): Promise<{ libraries: string; source: string }> {
  if (given !== undefined) return { libraries: resolve(given), source: resolve(given) };
  const wheel = `onnxruntime-gpu==${version}`;
  say(`downloading ${wheel} with pip (about 250 MB)`);
  const wanted = ["onnxruntime/capi/libonnxruntime"];
  await fetchFromWheels({ requirements: [wheel], dependencies: false, wanted, remedy: REMEDY }, partial);
  const libraries = join(partial, "onnxruntime", "capi");
  return { libraries, source: `${wheel} from the Python package index` };
}

/** The npm package once more, with the other libraries where its binding looks for them: beside itself. */
async function assemble(libraries: string, folder: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const package_ = dirname(require.resolve("onnxruntime-node/package.json"));
  const common = dirname(
    dirname(dirname(createRequire(join(package_, "index.js")).resolve("onnxruntime-common"))),
  );
  const modules = join(folder, "node_modules");
  const native = join("onnxruntime-node", "bin", "napi-v6", "linux", "x64");
  await mkdir(join(modules, native), { recursive: true });
  await cp(common, join(modules, "onnxruntime-common"), { recursive: true });
  for (const part of ["package.json", "dist"])
    await cp(join(package_, part), join(modules, "onnxruntime-node", part), { recursive: true });
  await copyFile(join(dirname(package_), native, "onnxruntime_binding.node"), join(modules, native, "onnxruntime_binding.node")); // prettier-ignore

  const names = existsSync(libraries) ? readdirSync(libraries) : [];
  const core = names.find((name) => name === `libonnxruntime.so.${version}`) ?? names.find((name) => name === "libonnxruntime.so.1"); // prettier-ignore
  const missing = [...(core ? [] : [`libonnxruntime.so.${version}`]), ...PROVIDERS.filter((name) => !names.includes(name))]; // prettier-ignore
  if (!core || missing.length > 0) {
    throw new GanglionError(
      "ENGINE",
      `${libraries} lacks ${missing.join(" and ")}: name the lib folder of ONNX Runtime ${version} for GPUs`,
    );
  }
  await copyFile(join(libraries, core), join(modules, native, "libonnxruntime.so.1"));
  for (const name of PROVIDERS) await copyFile(join(libraries, name), join(modules, native, name));
  await rm(join(folder, "onnxruntime"), { recursive: true, force: true }); // unpacked there by pip's wheel
}

/** In a process of its own, without a GPU: the binding and the library fit each other. */
async function tryLoading(folder: string): Promise<void> {
  const said = await runTool({
    command: process.execPath,
    arguments: ["-p", TRIAL, join(folder, "index.js")],
    environment: { ORT_DISABLE_TELEMETRY: "1" },
    purpose: "load what was put together",
    remedy: `these libraries are not of ONNX Runtime ${version}, or not for this machine`,
  });
  if (said.trim() === "cuda") return;
  throw new GanglionError("ENGINE", `onnxruntime-node ${version} has no CUDA here: it says ${said.trim()}`);
}

const TRIAL = `require("node:module").createRequire(process.argv[1])("onnxruntime-node").listSupportedBackends().map(({ name }) => name).find((name) => name === "cuda") ?? "no"`;
