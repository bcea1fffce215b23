// Vulkan's drivers, found and chosen as its loader does it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { useVulkanDriver, vulkanDrivers } from "../../../../worker/devices/vulkan.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-vulkan-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of ["radeon_icd.x86_64.json", "nvidia_icd.json", "vk_swiftshader_icd.json"])
    await writeFile(join(folder, name), JSON.stringify({ ICD: { library_path: "libdriver.so" } }));
  await writeFile(join(folder, "readme.txt"), "");
});

test("drivers are called after their manifests, in the loader's order", () => {
  const names = vulkanDrivers({}, [folder, join(folder, "missing")]).map(({ name }) => name);
  expect(names).toEqual(["nvidia", "radeon", "swiftshader"]);
});

test("manifests in the environment replace the folders", () => {
  const manifest = join(folder, "radeon_icd.x86_64.json");
  expect(vulkanDrivers({ VK_ICD_FILENAMES: `${manifest}:/missing.json` }, [folder])).toEqual([
    { name: "radeon", manifest },
  ]);
  expect(vulkanDrivers({ VK_DRIVER_FILES: "", VK_ICD_FILENAMES: manifest }, [folder])).toEqual([]);
});

test("a chosen driver is the only one that the loader is shown", () => {
  const manifest = join(folder, "nvidia_icd.json");
  const environment: NodeJS.ProcessEnv = { VK_DRIVER_FILES: `${join(folder, "radeon_icd.x86_64.json")}:${manifest}` }; // prettier-ignore
  expect(useVulkanDriver("nvidia", environment)).toEqual({ name: "nvidia", manifest });
  expect(environment).toEqual({ VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: manifest });
  expect(useVulkanDriver(join(folder, "vk_swiftshader_icd.json"), environment).name).toBe("swiftshader");
});

test("what is no driver is refused with the names of those there are", async () => {
  const environment = { VK_DRIVER_FILES: join(folder, "nvidia_icd.json") };
  expect(() => useVulkanDriver("voodoo", environment)).toThrow("voodoo is none of this machine's Vulkan drivers (nvidia)"); // prettier-ignore
  const other = join(folder, "other.json");
  expect(() => useVulkanDriver(other, environment)).toThrow("cannot be read");
  await writeFile(other, "{}");
  expect(() => useVulkanDriver(other, environment)).toThrow("it names no library");
});
