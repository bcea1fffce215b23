// Which Pythons are taken for a comparison, and what PyTorch's script is told.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findPyTorch, peerDevice } from "../../../../../deploy/bench/pytorch/find-pytorch.ts";
import { peerFlags } from "../../../../../deploy/bench/pytorch/script.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

/** A Python whose PyTorch says this of itself. */
async function pythonThatSays(words: string): Promise<string> {
  const file = join(await temporaryFolder(), "python3");
  await writeFile(file, `#!/bin/sh\necho "${words}"\n`, { mode: 0o755 });
  return file;
}

test("a GPU is compared with a PyTorch that sees one", async () => {
  const [blind, seeing] = [await pythonThatSays("2.11.0 False"), await pythonThatSays("2.11.0+cu130 True")];
  expect(await findPyTorch([seeing], peerDevice("webgpu"))).toEqual([
    { python: seeing, version: "2.11.0+cu130", device: "cuda" },
  ]);
  expect(await findPyTorch([blind], peerDevice("cpu"))).toEqual([
    { python: blind, version: "2.11.0", device: "cpu" },
  ]);
  await expect(findPyTorch([blind], peerDevice("cuda"))).rejects.toThrow(
    `${blind} has PyTorch 2.11.0, which cannot compute on a GPU here (torch.cuda.is_available() is False): give a --python that can, or none`,
  );
});

test("a GPU has one process with the batch of all threads, the processor a process a thread", () => {
  const work = { threads: 2, shard: 8, steps: 5, warmUp: 1 };
  const flags = (device: "cpu" | "cuda", form: Parameters<typeof peerFlags>[3]): string =>
    peerFlags({ device }, "there", work, form).join(" ");
  expect(flags("cpu", { channelsLast: true })).toBe(
    "there --processes 2 --shard 8 --steps 5 --warm-up 1 --device cpu --channels-last",
  );
  expect(flags("cuda", { channelsLast: false, tf32: true })).toBe(
    "there --processes 1 --shard 16 --steps 5 --warm-up 1 --device cuda --tf32",
  );
});
