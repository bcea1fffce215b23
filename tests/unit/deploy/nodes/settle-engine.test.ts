import { describe, expect, test } from "vitest";
import { candidates, ranked, settleEngine } from "../../../../deploy/nodes/settle-engine.ts";
import type { EngineChoice } from "../../../../worker/engine/engine-choice.ts";
import type { ProbeResult } from "../../../../worker/devices/probe.ts";

const works = (choice: EngineChoice, imagesPerSecond: number): ProbeResult => ({
  kind: "works",
  choice,
  device: choice.device,
  numerics: "test",
  startMs: 1,
  imagesPerSecond,
});

describe("auto tries", () => {
  test("every engine on every device, but never the reference", () => {
    const all = candidates("auto", "auto").map(({ engine, device }) => `${engine}/${device}`);
    expect(all).toEqual(expect.arrayContaining(["graph/cpu", "graph/webgpu", "graph/cuda", "tensorflow/cpu", "tensorflow/cuda"])); // prettier-ignore
    expect(all.some((name) => name.startsWith("reference"))).toBe(false);
  });

  test("the devices of a named engine, the engines of a named device", () => {
    expect(candidates("tensorflow", "auto").map(({ device }) => device)).toEqual(["cpu", "cuda"]);
    expect(candidates("auto", "cpu").map(({ engine }) => engine)).toEqual(["graph", "tensorflow"]);
  });
});

test("the fastest that works comes first", () => {
  const graph = { engine: "graph", device: "cpu" } as const;
  const tensorflow = { engine: "tensorflow", device: "cpu" } as const;
  const broken = { engine: "graph", device: "cuda" } as const;
  const results = [
    works(graph, 10),
    { kind: "fails", choice: broken, cause: "no GPU" } as const,
    works(tensorflow, 20),
  ];
  expect(ranked(results).map(({ choice }) => choice)).toEqual([tensorflow, graph]);
});

test("what is named and part of the package is not tried", async () => {
  const settled = await settleEngine({ engine: "graph" }, 2);
  expect(settled).toEqual({ choice: { engine: "graph", device: "cpu" }, description: "graph" });
});

test("an engine that does not run on the device is a usage error", async () => {
  await expect(settleEngine({ engine: "tensorflow", device: "webgpu" }, 1)).rejects.toThrow(
    /does not run on webgpu/,
  );
});
