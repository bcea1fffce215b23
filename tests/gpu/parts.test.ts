// Small parts of the check of a GPU, where no GPU is needed.
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chosenModels } from "../../deploy/bench/suite/models.ts";
import { createReferenceEngine } from "../../worker/engine/reference-engine.ts";
import { temporaryFolder } from "../support/cli.ts";
import { errorsOfStep } from "../support/step-errors.ts";
import { compareAll, judge } from "./agreement/agreement.ts";
import { budgetsOf, until } from "./budget.ts";
import { cutToSize } from "./pack/pieces.ts";
import type { Agreement, ModelSpeed } from "./report.ts";
import { spread } from "./settings.ts";
import { parseProcesses } from "./speed/gpu-memory.ts";
import { measureAll, ratiosOf } from "./speed/speed.ts";
import { reasonsAgainst } from "./verdict.ts";

test("the first few of the suite are of all sizes, and none is lost", () => {
  expect(spread([0, 1, 2, 3, 4, 5])).toEqual([0, 4, 2, 1, 5, 3]); // 000, 100, 010, (110), 001, 101, 011
  expect(spread(["one"])).toEqual(["one"]);
});

test("parts share the time, and one that is left out leaves its share to the others", () => {
  const ends = (...parts: Parameters<typeof budgetsOf>[0]): number[] =>
    budgetsOf(parts, 100, 5000).map(({ endsAtMs }) => Math.round(endsAtMs));
  expect(ends("doctor", "agreement", "speed")).toEqual([21_000, 61_000, 105_000]); // 16 %, 40 %, 44 %
  expect(ends("speed")).toEqual([105_000]);
});

describe("a step's errors", () => {
  test("are relative by output; a gradient of nothing counts beside the largest", () => {
    const expected = { "gradient/a": Float32Array.of(3, 4), "gradient/bias": Float32Array.of(1e-8) };
    const actual = { "gradient/a": Float32Array.of(3, 4.5), "gradient/bias": Float32Array.of(5e-6) };
    const errors = errorsOfStep(actual, expected);
    expect(errors["gradient/a"]).toBeCloseTo(0.1, 6); // 0.5 / 5
    expect(errors["gradient/bias"]).toBeCloseTo(1e-6, 9); // 5e-6 / 5, not 500
  });

  test("are infinite where an output is missing or no number", () => {
    const expected = { x: Float32Array.of(1), y: Float32Array.of(1) };
    expect(errorsOfStep({ x: Float32Array.of(Number.NaN) }, expected)).toEqual({
      x: Number.POSITIVE_INFINITY,
      y: Number.POSITIVE_INFINITY,
    });
  });

  test("decide by the worst of all phases, and a phase that fails decides alone", () => {
    const errors = (x: number) => ({ kind: "errors", errors: { x, y: 1e-7 } }) as const;
    expect(judge([["d", errors(1e-6)], ["g", errors(3e-4)]])).toEqual({ kind: "differs", largestError: 3e-4, worst: "g: x", outputs: 4 }); // prettier-ignore
    expect(judge([["d", errors(1e-6)]])).toMatchObject({ kind: "agrees", worst: "d: x" });
    expect(judge([["d", errors(Number.NaN)]])).toMatchObject({ kind: "differs", largestError: null });
    expect(judge([["d", errors(0)], ["g", { kind: "fails", cause: "gone" }]])).toEqual({ kind: "fails", cause: "g: gone" }); // prettier-ignore
  });
});

test("a part's time ends by itself, and when all is stopped", async () => {
  const soon = until(performance.now() - 1, new AbortController().signal);
  await once(soon, "abort");
  expect(String(soon.reason)).toContain("its time is over");
  const stop = new AbortController();
  const later = until(performance.now() + 1e6, stop.signal);
  stop.abort(new Error("by hand"));
  expect(String(later.reason)).toContain("by hand");
});

test("models whose turn does not come in time are listed as not reached", async () => {
  const results: Agreement[] = [];
  const speeds: ModelSpeed[] = [];
  const [models, stop, folder] = [chosenModels(["dcgan-64"]), AbortSignal.abort(), await temporaryFolder()];
  const engine = createReferenceEngine(); // never asked
  await compareAll({
    models,
    devices: ["webgpu"],
    cpu: engine,
    folder,
    stop,
    done: (one) => results.push(one),
  });
  await measureAll({ models, devices: ["webgpu"], pytorch: null, rounds: 1, warmUp: 1, folder, stop, done: (one) => speeds.push(one) }); // prettier-ignore
  const unreached = { model: "dcgan-64", outcome: { kind: "not reached" } };
  expect([...results, ...speeds]).toEqual([
    expect.objectContaining(unreached),
    expect.objectContaining(unreached),
  ]);
});

describe("the verdict", () => {
  const result = (device: "webgpu" | "cuda", outcome: Agreement["outcome"]): Agreement => ({ model: "m", device, shard: 2, outcome }); // prettier-ignore
  const agrees = { kind: "agrees", largestError: 1e-6, worst: "d: x", outputs: 1 } as const;
  const found = (...agreement: readonly Agreement[]) => ({
    agreement: [...agreement],
    speed: [],
    doctor: null,
  });

  test("is against a device on which nothing was reached, not against a model that was not", () => {
    const unreached = result("cuda", { kind: "not reached" });
    const results = found(result("webgpu", agrees), result("webgpu", { kind: "not reached" }), unreached);
    expect(reasonsAgainst(results, ["webgpu"], ["agreement"])).toEqual([]);
    expect(reasonsAgainst(results, ["webgpu", "cuda"], ["agreement"])).toEqual([
      "no model agrees with the CPU on cuda",
    ]);
  });

  test("is against a system that failed, but where it need not work", () => {
    const systems = ["Ganglion, webgpu", "Ganglion, cuda"].map((system) => ({ system, outcome: { kind: "fails", cause: "gone" } as const })); // prettier-ignore
    const speed = [{ model: "m", shard: 2, outcome: { kind: "measured", stepsOfATurn: 5, systems, ratios: [] } as const }]; // prettier-ignore
    const results = { agreement: [], speed: speed.map((one) => ({ ...one, outcome: { ...one.outcome, ratios: [] } })), doctor: null }; // prettier-ignore
    expect(reasonsAgainst(results, ["webgpu"], ["speed"])).toEqual(["m: Ganglion, webgpu fails: gone"]);
    expect(reasonsAgainst({ ...results, speed: [] }, ["webgpu"], ["speed"])).toEqual([
      "no model's speed was measured",
    ]);
  });
});

test("Ganglion's ratios are taken round by round", () => {
  const measured = (system: string, rounds: number[]) => ({
    system,
    outcome: { kind: "measured", imagesPerSecond: 1, rounds, hostBytes: 1, gpuBytes: null } as const,
  });
  const systems = [measured("Ganglion, cuda", [10, 30, 20]), measured("PyTorch 2.11", [10, 10, 10])];
  const mutable = systems.map((one) => ({ ...one, outcome: { ...one.outcome } }));
  expect(ratiosOf(mutable)).toEqual([
    { system: "Ganglion, cuda", beside: "PyTorch 2.11", ratio: 2, spread: 1 }, // 1, 3, 2: (3 - 1) / 2
  ]);
});

test("the driver's processes are compute and graphics ones, and one without a number is left out", () => {
  const process = (pid: string, type: string, memory: string): string =>
    `<process_info>\n<pid>${pid}</pid>\n<type>${type}</type>\n<used_memory>${memory}</used_memory>\n</process_info>`;
  const xml = [process("7", "C", "100 MiB"), process("8", "G", "3 MiB"), process("9", "C", "N/A")].join("\n");
  expect(parseProcesses(xml)).toEqual(
    new Map([
      [7, 104_857_600],
      [8, 3_145_728],
    ]),
  );
});

test("an archive is cut to pieces that give it back, none over the limit", async () => {
  const file = join(await temporaryFolder(), "x.tar.xz");
  await writeFile(
    file,
    Uint8Array.from({ length: 10 }, (_, i) => i),
  );
  const pieces = cutToSize(file, 4);
  expect(pieces.map(({ name }) => name)).toEqual(["x.tar.xz.1of3", "x.tar.xz.2of3", "x.tar.xz.3of3"]);
  expect(Math.max(...pieces.map(({ bytes }) => bytes.length))).toBe(4);
  expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(
    Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
  );
  expect(cutToSize(file, 10).map(({ name }) => name)).toEqual(["x.tar.xz"]);
});
