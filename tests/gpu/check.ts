// The check of a GPU, as tests/gpu/run.sh starts it: doctor, agreement with the CPU, speed beside PyTorch, one report.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type PyTorch, findPyTorch, howToGetPyTorch } from "../../deploy/bench/pytorch/find-pytorch.ts";
import type { SuiteModel } from "../../deploy/bench/suite/models.ts";
import { GanglionError } from "../../shared/errors.ts";
import { version as onnxruntime } from "../../worker/engine/graph/onnxruntime.ts";
import { openEngine } from "../../worker/engine/open-engine.ts";
import { TOLERANCE, compareAll } from "./agreement/agreement.ts";
import { type PartBudget, budgetsOf, until } from "./budget.ts";
import { askDoctor } from "./doctor.ts";
import { agreementLine, endLines, headLines, speedLines } from "./lines.ts";
import { gpuFacts, refuseWithoutGpu, useSoftwareGpu } from "./machine.ts";
import { type GpuDevice, type Report, writeReport } from "./report.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { measureAll } from "./speed/speed.ts";
import { reasonsAgainst } from "./verdict.ts";

/** What a run on a software GPU says nothing of. */
const UNTESTED_IN_SOFTWARE = [
  "any real GPU and its driver: WebGPU computes on SwiftShader, which is the processor",
  "cuda beyond its errors: without an NVIDIA GPU it is expected to fail, and listed",
  "PyTorch on a GPU: it computes on the processor, so that no ratio here means anything",
  "GPU memory: no driver counts it",
];

try {
  await check(settingsOf(process.argv.slice(2)));
} catch (cause) {
  if (!(cause instanceof GanglionError)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  process.exitCode = cause.code === "USAGE" ? 2 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function check(settings: Settings): Promise<void> {
  const { kind, devices, parts, budgetSeconds } = settings;
  if (!existsSync(fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url))))
    throw new GanglionError("ENGINE", "the program is not built here: npm run build");
  if (kind === "software") useSoftwareGpu();
  else refuseWithoutGpu(devices);
  const began = performance.now();
  const pytorch = await pytorchOf(settings);
  const report = await emptyReport(settings, pytorch);
  for (const line of headLines(report)) say(line);
  const stopped = stopOnSignals();
  const folder = await mkdtemp(join(tmpdir(), "ganglion-gpu-"));
  const save = (): void => {
    report.seconds = (performance.now() - began) / 1000;
    writeReport(settings.out, report);
  };
  try {
    for (const budget of budgetsOf(parts, budgetSeconds, began)) {
      if (stopped.aborted) break;
      const { part, seconds, endsAtMs } = budget;
      const begins = performance.now();
      say(`\n${part}: at most ${((endsAtMs - begins) / 1000).toFixed(0)} s`);
      await takePart(budget, { settings, report, pytorch, save, folder, stop: until(endsAtMs, stopped) });
      const took = (performance.now() - begins) / 1000;
      report.parts.push({ part, budgetSeconds: seconds, seconds: took });
      save();
      say(`${part} took ${took.toFixed(0)} s`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  const needed: readonly GpuDevice[] = kind === "gpu" ? devices : devices.filter((name) => name === "webgpu");
  const reasons = [
    ...(stopped.aborted ? ["it was stopped"] : []),
    ...(pytorch === null && settings.withPytorch && parts.includes("speed") ? [howToGetPyTorch("cuda")] : []),
    ...reasonsAgainst(report, needed, parts),
  ];
  report.ended = stopped.aborted ? "stopped" : "complete";
  report.passes = reasons.length === 0;
  report.reasons = reasons;
  save();
  say("");
  for (const line of endLines(report, resolve(settings.out))) say(line);
  process.exit(report.passes ? 0 : 1); // whatever a driver still holds open
}

interface PartOf {
  readonly settings: Settings;
  readonly report: Report;
  readonly pytorch: PyTorch | null;
  readonly save: () => void;
  readonly folder: string;
  readonly stop: AbortSignal;
}

async function takePart(
  { part }: PartBudget,
  { settings, report, pytorch, save, folder, stop }: PartOf,
): Promise<void> {
  const { devices, rounds, warmUp, turnSteps } = settings;
  const models = settings.models.map((model): SuiteModel => ({
    ...model,
    shard: settings.shard ?? model.shard,
  }));
  const own = join(folder, part);
  await mkdir(own);
  switch (part) {
    case "doctor":
      report.doctor = await askDoctor(stop);
      say(report.doctor === null ? "no answer in its time" : doctorText(report.doctor));
      return;
    case "agreement": {
      const cpu = await openEngine({ engine: "graph", device: "cpu" });
      return compareAll({
        models,
        devices,
        cpu,
        folder: own,
        stop,
        done(result) {
          report.agreement.push(result);
          save();
          say(agreementLine(result));
        },
      });
    }
    case "speed":
      return measureAll({
        models,
        devices,
        pytorch,
        rounds,
        warmUp,
        ...(turnSteps !== undefined && { turnSteps }),
        folder: own,
        stop,
        done(result) {
          report.speed.push(result);
          save();
          for (const line of speedLines(result)) say(line);
        },
      });
    default:
      return part satisfies never;
  }
}

function doctorText(found: Readonly<Record<string, unknown>>): string {
  const engines = found["engines"] as readonly {
    readonly engine: string;
    readonly device: string;
    readonly works: boolean;
    readonly deviceName?: string;
    readonly cause?: string;
  }[];
  return engines
    .map(({ engine, device, works, deviceName, cause }) =>
      works ? `yes  ${engine} on ${deviceName ?? device}` : `no   ${engine} on ${device}: ${cause}`,
    )
    .join("\n");
}

/** On a GPU where there is one; null without, which is a reason against passing unless it was not wanted. */
async function pytorchOf({ kind, pythons, withPytorch, parts }: Settings): Promise<PyTorch | null> {
  if (!withPytorch || !parts.includes("speed")) return null;
  const [found = null] = await findPyTorch(pythons, kind === "gpu" ? "cuda" : "cpu");
  return found;
}

async function emptyReport({ kind }: Settings, pytorch: PyTorch | null): Promise<Report> {
  const { version } = createRequire(import.meta.url)("../../package.json") as { readonly version: string };
  return {
    format: "ganglion gpu check 1",
    kind,
    untested: kind === "software" ? UNTESTED_IN_SOFTWARE : [],
    started: new Date().toISOString(),
    seconds: 0,
    ended: "running",
    passes: false,
    reasons: [],
    gpu: kind === "gpu" ? await gpuFacts() : null,
    versions: {
      ganglion: version,
      onnxruntime,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      pytorch: pytorch?.version ?? null,
    },
    parts: [],
    doctor: null,
    tolerance: TOLERANCE,
    agreement: [],
    speed: [],
  };
}

/** Ctrl-C or SIGTERM: what runs is given up, and the report says so. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => stop.abort(new GanglionError("ENGINE", `stopped by ${signal}`)));
  return stop.signal;
}
