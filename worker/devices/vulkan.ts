// Which GPUs WebGPU can reach on Linux: one Vulkan driver each, found and chosen as Vulkan's loader does it.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { GanglionError } from "../../shared/errors.ts";
import { homeFolder } from "../../shared/user-folders.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface VulkanDriver {
  /** From the manifest's file name: `nvidia`, `radeon`, `intel`, `lvp` (Mesa's software renderer), `swiftshader`. */
  readonly name: string;
  /** A JSON file that names the driver's library. */
  readonly manifest: string;
}

/** Where the loader looks, unless the environment names manifests. */
function foldersOf(environment: Environment): string[] {
  const home = homeFolder(environment);
  return [
    "/usr/local/etc/vulkan/icd.d",
    "/etc/vulkan/icd.d",
    ...(home === null ? [] : [join(home, ".local/share/vulkan/icd.d")]),
    "/usr/local/share/vulkan/icd.d",
    "/usr/share/vulkan/icd.d",
  ];
}

/** In the loader's order. `VK_DRIVER_FILES`, else the older `VK_ICD_FILENAMES`, replaces the folders. */
export function vulkanDrivers(
  environment: Environment = process.env,
  folders: readonly string[] = foldersOf(environment),
): VulkanDriver[] {
  const named = environment["VK_DRIVER_FILES"] ?? environment["VK_ICD_FILENAMES"];
  const manifests =
    named === undefined ? folders.flatMap(manifestsIn) : named.split(":").filter((path) => existsSync(path));
  return manifests.map(driverOf);
}

/** ONNX Runtime's binding passes WebGPU no adapter, so the choice is made one floor below: the loader is shown one driver. */
export function useVulkanDriver(adapter: string, environment: NodeJS.ProcessEnv = process.env): VulkanDriver {
  const drivers = vulkanDrivers(environment);
  const driver = adapter.endsWith(".json")
    ? fromManifest(adapter)
    : drivers.find(({ name }) => name === adapter.toLowerCase());
  if (!driver) {
    const names = drivers.map(({ name }) => name).join(", ");
    throw new GanglionError(
      "USAGE",
      `--adapter ${adapter} is none of this machine's Vulkan drivers (${names || "there are none"}): give one of them, or a driver's .json file`,
    );
  }
  environment["VK_DRIVER_FILES"] = driver.manifest;
  environment["VK_ICD_FILENAMES"] = driver.manifest; // for loaders before 1.3.207
  return driver;
}

/** None where the folder is not there, or may not be read: the loader does not see its drivers either. */
function manifestsIn(folder: string): string[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return [];
  }
  return files
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => join(folder, file));
}

/** @throws GanglionError USAGE when it is no driver's manifest */
function fromManifest(path: string): VulkanDriver {
  try {
    const { ICD } = JSON.parse(readFileSync(path, "utf8")) as { ICD?: { library_path?: unknown } };
    if (typeof ICD?.library_path === "string") return driverOf(resolve(path));
  } catch (cause) {
    throw new GanglionError("USAGE", `--adapter ${path} cannot be read as a Vulkan driver's manifest`, {
      cause,
    });
  }
  throw new GanglionError("USAGE", `--adapter ${path} is no Vulkan driver's manifest: it names no library`);
}

/** `/usr/share/vulkan/icd.d/radeon_icd.x86_64.json` is `radeon`, `vk_swiftshader_icd.json` is `swiftshader`. */
function driverOf(manifest: string): VulkanDriver {
  const [name] = basename(manifest, ".json").replace(/^vk_/, "").split("_icd");
  return { name: name.toLowerCase(), manifest };
}
