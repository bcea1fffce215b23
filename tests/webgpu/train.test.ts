// Training over WebGPU, on a GPU in software.
import { describe, expect, test } from "vitest";
import { type Finished, runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { findSoftwareGpu } from "../support/software-gpu.ts";
import { isLinux } from "../support/linux.ts";

const adapter = findSoftwareGpu("Training over WebGPU was");
const TINY = ["--preset", "digits", "--batch", "4", "--shard", "2", "--steps", "2", "--seed", "5", "--device", "webgpu"]; // prettier-ignore

describe.skipIf(adapter === null)("a tiny run over WebGPU", () => {
  test("ends with the same weights on one node and on two, each a process of its own", async () => {
    const flags = [...TINY, "--adapter", adapter!, "--out", await temporaryFolder()];
    const [one, two] = [await trainJson(flags), await trainJson([...flags, "--workers", "2"])];
    expect(one).toMatchObject({ steps: 2, images: 8, weightsHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(two["weightsHash"]).toBe(one["weightsHash"]);
  }, 300_000); // shaders compile on the CPU, in three processes
});

test.skipIf(adapter === null)(
  "the bench measures a step over WebGPU, in one thread",
  async () => {
    const work = ["--preset", "digits", "--shard", "2", "--steps", "3", "--warm-up", "1"];
    const { code, events } = await startCli(["bench", ...work, "--device", "webgpu", "--adapter", adapter!, "--breakdown", "--json"]).finished; // prettier-ignore
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({
      threads: 1,
      device: "webgpu",
      breakdown: { compute: expect.any(Number) },
    });
  },
  120_000,
);

describe("a run over WebGPU that cannot be", () => {
  const refusal = async (flags: readonly string[], environment = {}): Promise<Finished> =>
    runCli(["train", ...TINY, "--out", await temporaryFolder(), ...flags], environment);

  test.skipIf(adapter === null)("says that there is no GPU, and what to install", async () => {
    const { code, stderr } = await refusal([], { VK_DRIVER_FILES: "", VK_ICD_FILENAMES: "" });
    expect(stderr).toMatch(/WebGPU finds no GPU here: install Vulkan's loader and the GPU's driver/);
    expect(code).toBe(1);
  });

  test.each([
    ["--threads", "2"],
    ["--workers", "2", "--transport", "memory"],
  ])("refuses a second thread in its process, which would crash it: %s %s", async (...flags) => {
    const { code, stderr } = await refusal(flags);
    expect(stderr).toMatch(/^ganglion: webgpu computes in one thread a process, not in 2/);
    expect(code).toBe(2);
  });

  test.skipIf(!isLinux)("names the drivers there are when it is given another", async () => {
    const { code, stderr } = await refusal(["--adapter", "voodoo"], { VK_DRIVER_FILES: adapter ?? "" });
    expect(stderr).toContain("--adapter voodoo is none of this machine's Vulkan drivers");
    expect(code).toBe(2);
  });

  test("refuses an engine that runs on the CPU alone", async () => {
    const { code, stderr } = await refusal(["--engine", "reference"]);
    expect(stderr).toBe("ganglion: the reference engine does not run on webgpu: give --device cpu\n");
    expect(code).toBe(2);
  });
});
