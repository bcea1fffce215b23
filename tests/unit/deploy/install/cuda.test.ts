// ONNX Runtime with CUDA, put together from a folder: the npm package's own library stands in for the GPU build's.
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { provisionCuda } from "../../../../deploy/install/cuda.ts";
import { cudaFolder, findCuda } from "../../../../worker/engine/graph/cuda-installation.ts";
import { version } from "../../../../worker/engine/graph/onnxruntime.ts";
import { loadLibraries, loadLibrary } from "../../../../worker/engine/graph/preload.ts";
import { isLinux } from "../../../support/linux.ts";

const require = createRequire(import.meta.url);
const NATIVE = join("onnxruntime-node", "bin", "napi-v6", "linux", "x64");
const OWN_LIBRARY = join(dirname(dirname(require.resolve("onnxruntime-node/package.json"))), NATIVE, "libonnxruntime.so.1"); // prettier-ignore

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ganglion-cuda-"));
  onTestFinished(() => rm(scratch, { recursive: true }));
});

describe.skipIf(!isLinux || process.arch !== "x64")("setup cuda from a folder", () => {
  const libraries = async (...names: string[]): Promise<string> => {
    const folder = join(scratch, "lib");
    await mkdir(folder);
    await symlink(OWN_LIBRARY, join(folder, `libonnxruntime.so.${version}`));
    for (const name of names) await writeFile(join(folder, name), name);
    return folder;
  };
  const provision = (folder: string, given: string): ReturnType<typeof provisionCuda> =>
    provisionCuda({ folder, libraries: given, nvidia: false, say: () => undefined });

  test("puts the libraries beside the package's binding, which loads there", async () => {
    const given = await libraries("libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so");
    const folder = join(scratch, "made");
    expect(await provision(folder, given)).toEqual({ onnxruntime: version, source: given });
    expect(findCuda(version, folder)).toEqual({ onnxruntime: version, source: given });
    const beside = join(folder, "node_modules", NATIVE);
    expect(await readFile(join(beside, "libonnxruntime_providers_cuda.so"), "utf8")).toBe("libonnxruntime_providers_cuda.so"); // prettier-ignore
    expect(existsSync(join(beside, "onnxruntime_binding.node"))).toBe(true);
  });

  test("names what the folder lacks, and leaves nothing behind", async () => {
    const folder = join(scratch, "made");
    await expect(provision(folder, await libraries("libonnxruntime_providers_shared.so"))).rejects.toThrow(
      `lib lacks libonnxruntime_providers_cuda.so: name the lib folder of ONNX Runtime ${version} for GPUs`,
    );
    expect(existsSync(folder)).toBe(false);
  });

  test("refuses a library that does not load, and keeps what was there before", async () => {
    const given = await libraries("libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so");
    const folder = join(scratch, "made");
    await provision(folder, given);
    await rm(join(given, `libonnxruntime.so.${version}`));
    await writeFile(join(given, `libonnxruntime.so.${version}`), "no library");
    await expect(provision(folder, given)).rejects.toThrow("cannot load what was put together");
    expect(findCuda(version, folder).source).toBe(given);
  });

  test("never replaces a folder that holds something else", async () => {
    await writeFile(join(scratch, "thesis.txt"), "");
    await expect(provision(scratch, scratch)).rejects.toThrow("holds something that ganglion setup cuda has not made"); // prettier-ignore
    expect(existsSync(join(scratch, "thesis.txt"))).toBe(true);
  });
});

describe("an installation is found", () => {
  test("in GANGLION_ONNXRUNTIME, else in the user's cache", () => {
    expect(cudaFolder({ GANGLION_ONNXRUNTIME: "/opt/ort", XDG_CACHE_HOME: "/cache" })).toBe("/opt/ort");
    expect(cudaFolder({ XDG_CACHE_HOME: "/cache" })).toBe("/cache/ganglion/onnxruntime-cuda");
  });

  test("only of the npm package's version, and readable; else the sentence says what to run", async () => {
    const folder = join(scratch, "old");
    expect(() => findCuda(version, folder)).toThrow("run ganglion setup cuda, or name its folder in GANGLION_ONNXRUNTIME"); // prettier-ignore
    await mkdir(folder);
    await writeFile(join(folder, "installed.json"), JSON.stringify({ onnxruntime: "1.2.3", source: "here" }));
    expect(() => findCuda(version, folder)).toThrow(`is 1.2.3, the npm package ${version}: run ganglion setup cuda --force`); // prettier-ignore
    await writeFile(join(folder, "installed.json"), "{");
    expect(() => findCuda(version, folder)).toThrow("cannot be read: run ganglion setup cuda --force");
  });
});

describe.skipIf(!isLinux)("libraries are loaded ahead", () => {
  test("by the linker's name for them", () => {
    expect(loadLibrary("libm.so.6")).toBeNull();
    expect(loadLibrary("libnobody.so.9")).toMatch(/libnobody\.so\.9: cannot open shared object file/);
  });

  test("from a folder; those that fail are told", async () => {
    await copyFile(OWN_LIBRARY, join(scratch, "libgood.so.1"));
    await writeFile(join(scratch, "libbad.so.2"), "no library");
    await writeFile(join(scratch, "readme.so.txt"), "");
    expect(loadLibraries(scratch)).toEqual([expect.stringContaining("libbad.so.2")]);
  });
});
