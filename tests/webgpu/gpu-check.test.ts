// tests/gpu/run.sh as it is run on a machine with a GPU, here on a GPU in software.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Report, ReportSchema } from "../gpu/report.ts";
import { PYTHON, lacking } from "../parity/pytorch.ts";
import { type Finished, type Running, startProgram, temporaryFolder } from "../support/cli.ts";
import { findSoftwareGpu } from "../support/software-gpu.ts";

const SCRIPT = fileURLToPath(new URL("../gpu/run.sh", import.meta.url));
const WRONG = fileURLToPath(new URL("../support/wrong-webgpu.cjs", import.meta.url));
const adapter = findSoftwareGpu("The check of a GPU was");
/** Where this machine has none, Ganglion alone is measured. */
const python = (await lacking()) === null ? ["--python", PYTHON] : ["--without-pytorch"];

async function start(
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly running: Running; readonly report: () => Promise<Report> }> {
  const folder = await temporaryFolder();
  const out = join(folder, "report.json");
  const own = { TMPDIR: folder, GANGLION_ONNXRUNTIME: join(folder, "no-cuda"), ...environment };
  const running = startProgram(SCRIPT, [...flags, "--out", out], own);
  return {
    running,
    report: async () => ReportSchema.parse(JSON.parse(await readFile(out, "utf8"))),
  };
}

describe.skipIf(adapter === null)("the check of a GPU, in software", () => {
  test("compares and measures every model that it is given, and says where testing ends", async () => {
    const few = [
      "--rounds",
      "2",
      "--turn-steps",
      "1",
      "--warm-up",
      "1",
      "--budget",
      "280",
      "--parts",
      "agreement,speed",
      ...python,
    ];
    const { running, report } = await start(["--software", "--models", "digits,classifier-28", ...few]);
    const { code, stdout } = await running.finished;
    expect(stdout).toContain("not tested: any real GPU and its driver");
    const { passes, reasons, ended, kind, gpu, agreement, speed, parts } = await report();
    expect({ code, passes, reasons, ended, kind, gpu }).toEqual({
      code: 0,
      passes: true,
      reasons: [],
      ended: "complete",
      kind: "software",
      gpu: null,
    });
    expect(parts.map(({ part }) => part)).toEqual(["agreement", "speed"]);

    const on = (device: string): unknown[] =>
      agreement
        .filter((result) => result.device === device)
        .map(({ model, outcome }) => [model, outcome.kind]);
    expect(on("webgpu")).toEqual([
      ["digits", "agrees"],
      ["classifier-28", "agrees"],
    ]);
    expect(on("cuda")).toEqual([
      ["digits", "fails"], // there is none here: listed, and no reason against passing
      ["classifier-28", "fails"],
    ]);
    for (const { outcome } of agreement)
      if (outcome.kind === "fails") expect(outcome.cause).toContain("there is no ONNX Runtime with CUDA in");

    for (const { outcome } of speed) {
      if (outcome.kind !== "measured") throw new Error(`not measured: ${JSON.stringify(outcome)}`);
      const [webgpu, cuda, ...pytorch] = outcome.systems;
      expect(webgpu.outcome).toMatchObject({
        kind: "measured",
        rounds: [expect.any(Number), expect.any(Number)],
      });
      expect(cuda.outcome).toMatchObject({ kind: "fails" });
      expect(pytorch.map((system) => system.outcome.kind)).toEqual(python.length === 2 ? ["measured"] : []);
      expect(outcome.ratios.length).toBe(pytorch.length);
    }
    expect(speed.map(({ model }) => model)).toEqual(["digits", "classifier-28"]);
  });

  test("fails where one number of one gradient is wrong, and names it", async () => {
    const environment = { NODE_OPTIONS: `--require ${WRONG}`, ORT_DISABLE_TELEMETRY: "1" };
    const flags = ["--software", "--models", "digits", "--devices", "webgpu", "--parts", "agreement"];
    const { running, report } = await start(flags, environment);
    const { code, stdout } = await running.finished;
    const { passes, reasons, agreement } = await report();
    expect({ code, passes }).toEqual({ code: 1, passes: false });
    expect(agreement[0].outcome).toMatchObject({
      kind: "differs",
      worst: expect.stringContaining("gradient/"),
    });
    expect(reasons).toEqual([
      "no model agrees with the CPU on webgpu",
      expect.stringContaining("digits webgpu batch 2 DIFFERS"),
    ]);
    expect(stdout).toContain("DOES NOT PASS");
  });

  test("leaves what it has found when it is killed", async () => {
    const flags = [
      "--software",
      "--models",
      "digits,mnist,classifier-28",
      "--devices",
      "cuda",
      "--parts",
      "agreement",
    ];
    const { running, report } = await start(flags);
    await running.line((line) => line.startsWith("digits"));
    running.process.kill("SIGKILL");
    await running.finished;
    const found = await report();
    expect(found).toMatchObject({ ended: "running", passes: false });
    expect(found.agreement[0]).toMatchObject({ model: "digits", outcome: { kind: "fails" } });
  });
});

describe("the check of a GPU", () => {
  const refusal = async (...flags: readonly string[]): Promise<Finished> =>
    (await start(flags, { VK_DRIVER_FILES: "" })).running.finished;

  test("fails where there is no GPU, and says so first", async () => {
    const { code, stdout, stderr } = await refusal("--devices", "webgpu");
    expect(stderr).toMatch(/^there is no GPU for webgpu: Vulkan's drivers here are none; install/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  test("refuses a flag that it does not know, and a part that it does not have", async () => {
    expect(await refusal("--modls", "digits")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--modls"),
    });
    expect(await refusal("--parts", "sped")).toMatchObject({
      code: 2,
      stderr: "--parts sped: give doctor or agreement or speed, or several with commas\n",
    });
  });
});
