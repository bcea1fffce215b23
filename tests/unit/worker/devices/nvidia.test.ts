// Which GPUs a wish names, and what nvidia-smi says.
import { describe, expect, test } from "vitest";
import { chooseGpus, parseListing, pinTo } from "../../../../worker/devices/nvidia.ts";

const LISTING = `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1b2c)
  MIG 1g.10gb     Device  0: (UUID: MIG-77aa)
GPU 1: NVIDIA GeForce RTX 4090 (UUID: GPU-3d4e)
`;
const [first, second] = parseListing(LISTING);

test("nvidia-smi's listing gives numbers and names, and no MIG slices", () => {
  expect(parseListing(LISTING)).toEqual([
    { index: 0, name: "NVIDIA H100 80GB HBM3", uuid: "GPU-1b2c" },
    { index: 1, name: "NVIDIA GeForce RTX 4090", uuid: "GPU-3d4e" },
  ]);
  expect(parseListing("No devices found.\n")).toEqual([]);
});

describe("of two GPUs", () => {
  const found = [first, second];

  test("all, a count and numbers choose what they say", () => {
    expect(chooseGpus({ kind: "all" }, found, "")).toEqual([first, second]);
    expect(chooseGpus({ kind: "count", count: 1 }, found, "")).toEqual([first]);
    expect(chooseGpus({ kind: "indices", indices: [1] }, found, "")).toEqual([second]);
  });

  test("all and a count keep to those that CUDA_VISIBLE_DEVICES names", () => {
    expect(chooseGpus({ kind: "all" }, found, "1")).toEqual([second]);
    expect(chooseGpus({ kind: "count", count: 1 }, found, "1")).toEqual([second]);
    expect(chooseGpus({ kind: "all" }, found, "GPU-1b")).toEqual([first]);
    expect(() => chooseGpus({ kind: "all" }, found, "7")).toThrow("CUDA_VISIBLE_DEVICES=7 hides every GPU");
    expect(() => chooseGpus({ kind: "count", count: 2 }, found, "1")).toThrow(
      "1 are here: 1 (NVIDIA GeForce",
    );
  });
});

test("a pinned process sees its GPU alone, numbered by PCI bus as nvidia-smi does", () => {
  expect(pinTo(second)).toMatchObject({ CUDA_VISIBLE_DEVICES: "1", CUDA_DEVICE_ORDER: "PCI_BUS_ID" });
});
