// From --engine and --device to the engine that computes: `auto` takes the fastest that works here.
import { GanglionError } from "../../shared/errors.ts";
import {
  DEVICES_OF,
  type DeviceName,
  ENGINES,
  type EngineChoice,
  type EngineName,
  checkChoice,
  checkThreads,
  mostThreads,
} from "../../worker/engine/engine-choice.ts";
import { hardwareOf } from "../../worker/devices/devices.ts";
import type { EngineFlags } from "../flags/options.ts";
import { type ProbeResult, type ProbeWork, probe } from "../../worker/devices/probe.ts";

export interface SettledEngine {
  readonly choice: EngineChoice;
  /** E.g. `graph`, `graph on webgpu`; of `auto`, how it was chosen. */
  readonly description: string;
}

/**
 * Engines with native parts that no npm package brings are tried once, in a process of their own, before a run depends on
 * them. Graph and reference on the CPU are part of the package and start at once.
 *
 * `threads` are those that one process will have.
 *
 * @throws GanglionError USAGE when the engine does not run on the device, or not in so many threads,
 *   ENGINE when it does not work here
 */
export async function settleEngine(flags: EngineFlags, threads: number): Promise<SettledEngine> {
  const { engine, adapter } = flags;
  const device = flags.device ?? (engine === "auto" ? "auto" : "cpu");
  if (engine === "auto" || device === "auto") {
    const bearing = candidates(engine, device, adapter).filter((choice) => threads <= mostThreads(choice));
    return fastest(bearing);
  }
  const choice = { engine, device, ...(adapter !== undefined && { adapter }) };
  checkChoice(choice);
  checkThreads(choice, threads);
  hardwareOf(choice); // refuses an adapter that is not here
  if (engine === "tensorflow" || device !== "cpu") {
    const result = await probe(choice, await probeWork());
    if (result.kind === "fails")
      throw new GanglionError("ENGINE", `${describe(choice)} does not work here: ${result.cause}`);
    if (device !== "cpu") return { choice, description: `${engine} on ${result.device}` };
  }
  return { choice, description: engine };
}

export function describe({ engine, device }: EngineChoice): string {
  return `${engine} on ${device}`;
}

/** What `auto` tries; reference, which is for checking, only where it is named. An adapter is WebGPU's. */
export function candidates(
  engine: EngineName | "auto",
  device: DeviceName | "auto",
  adapter?: string,
): EngineChoice[] {
  const engines = engine === "auto" ? ENGINES.filter((name) => name !== "reference") : [engine];
  return engines.flatMap((name) =>
    DEVICES_OF[name]
      .filter((on) => device === "auto" || on === device)
      .map((on) => ({
        engine: name,
        device: on,
        ...(on === "webgpu" && adapter !== undefined && { adapter }),
      })),
  );
}

/** Working ones, the fastest first. */
export function ranked(results: readonly ProbeResult[]): Extract<ProbeResult, { kind: "works" }>[] {
  const working = results.filter((result) => result.kind === "works");
  return working.toSorted((a, b) => (b.imagesPerSecond ?? 0) - (a.imagesPerSecond ?? 0));
}

async function fastest(choices: readonly EngineChoice[]): Promise<SettledEngine> {
  const work = await probeWork(SPEED_IMAGES);
  const results: ProbeResult[] = [];
  for (const choice of choices) results.push(await probe(choice, work)); // one after the other: each has the machine
  const [best, ...others] = ranked(results);
  if (!best) {
    const causes = results.map(
      (result) => result.kind === "fails" && `  ${describe(result.choice)}: ${result.cause}`,
    );
    throw new GanglionError("ENGINE", `no engine works here\n${causes.join("\n")}`);
  }
  const speed = ({ choice, imagesPerSecond }: typeof best): string =>
    `${describe(choice)} ${Math.round(imagesPerSecond ?? 0)}`;
  const why =
    others.length > 0
      ? `fastest that works: ${[best, ...others].map(speed).join(", ")} images/s a thread`
      : "the only one that works";
  return { choice: best.choice, description: `${describe(best.choice)} (${why})` };
}

/** A shard of the default preset. */
const SPEED_IMAGES = 64;

/** The compiler is loaded only where something is tried. */
async function probeWork(images?: number): Promise<ProbeWork> {
  const { probeCheck, probeSpeed } = await import("./probe-work.ts");
  const check = await probeCheck();
  return images === undefined ? { check } : { check, speed: await probeSpeed(images) };
}
