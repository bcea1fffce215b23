// A GPU in software for tests of WebGPU: SwiftShader, which comes with Debian's chromium.
import { existsSync, readdirSync } from "node:fs";

const MANIFEST = "/usr/lib/chromium/vk_swiftshader_icd.json";
/** Where Debian puts Vulkan's loader, by architecture. */
const LOADERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];

/** The flag's value that chooses it; null, with a warning that names the remedy, where it is not installed. */
export function findSoftwareGpu(untested: string): string | null {
  const missing = [
    existsSync(MANIFEST) ? [] : "chromium",
    LOADERS.some((folder) => existsSync(folder) && readdirSync(folder).includes("libvulkan.so.1"))
      ? []
      : "libvulkan1",
  ].flat();
  if (missing.length === 0) return MANIFEST;
  console.warn(`${untested} NOT tested. Remedy: apt-get install ${missing.join(" ")}`);
  return null;
}
