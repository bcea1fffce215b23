// `ganglion doctor`: what this machine can train with, each tried with a real gradient, and why the rest fails.
import { availableParallelism, cpus, totalmem } from "node:os";
import { GanglionError } from "../../../shared/errors.ts";
import { cpuFeatures } from "../../../worker/devices/devices.ts";
import { type ProbeResult, type ProbeWork, probe } from "../../../worker/devices/probe.ts";
import { count } from "../../terminal/format.ts";
import { sayJson, sayText } from "../../terminal/output.ts";
import { probeCheck, probeSpeed } from "../../nodes/probe-work.ts";
import { candidates, describe, ranked } from "../../nodes/settle-engine.ts";

export interface DoctorFlags {
  readonly json?: boolean;
}

/** A shard of the default preset; pure JavaScript takes seconds for a single image. */
const IMAGES = 64;
const REFERENCE_IMAGES = 1;

export async function examine({ json }: DoctorFlags): Promise<void> {
  const say = (line: string): void => {
    if (!json) sayText(line);
  };
  const machine = machineOf();
  say(`node ${machine.node} on ${machine.platform}, ${count(machine.memoryGiB)} GiB of memory`);
  say(
    `${machine.cpu}, ${machine.cores} cores${machine.features.length > 0 ? `, ${machine.features.join(" ")}` : ""}`,
  );
  say("");
  const check = await probeCheck();
  const results: ProbeResult[] = [];
  for (const choice of [...candidates("auto", "auto"), ...candidates("reference", "auto")]) {
    const speed = await probeSpeed(choice.engine === "reference" ? REFERENCE_IMAGES : IMAGES);
    const result = await probe(choice, { check, speed } satisfies ProbeWork);
    results.push(result);
    say(findingOf(result));
  }
  const best = ranked(results).find(({ choice }) => choice.engine !== "reference");
  say(best ? `\n--engine auto takes ${describe(best.choice)}` : "");
  if (json) sayJson(reportOf(machine, results, best));
  if (!best) throw new GanglionError("ENGINE", "no engine works on this machine: the causes are above");
}

interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly features: readonly string[];
  readonly memoryGiB: number;
}

function machineOf(): Machine {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "an unknown CPU",
    cores: availableParallelism(),
    features: cpuFeatures(),
    memoryGiB: totalmem() / 2 ** 30,
  };
}

function findingOf(result: ProbeResult): string {
  const name = describe(result.choice).padEnd(18);
  if (result.kind === "fails") return `no   ${name} ${result.cause.replaceAll("\n", "\n     ")}`;
  const { imagesPerSecond, startMs, numerics, device, choice } = result;
  const named = device === choice.device ? "" : `${device}, `;
  return `yes  ${name} ${count(imagesPerSecond ?? 0).padStart(6)} images/s a thread, up in ${(startMs / 1000).toFixed(1)} s, ${named}${numerics}`;
}

function reportOf(machine: Machine, results: readonly ProbeResult[], best?: ProbeResult): object {
  const engines = results.map(({ choice, kind, ...findings }) => ({
    ...choice,
    works: kind === "works",
    ...("device" in findings && { deviceName: findings.device, arithmetic: findings.numerics }),
    ...("startMs" in findings && { startMs: findings.startMs, imagesPerSecond: findings.imagesPerSecond }),
    ...("cause" in findings && { cause: findings.cause }),
  }));
  return { event: "doctor", ...machine, engines, best: best?.choice ?? null };
}
