// `ganglion train --dry-run`: what the run would be, as text or as one JSON object.
import { join } from "node:path";
import { GanglionError } from "../../shared/errors.ts";
import { describeDryRun } from "../dry-run/dry-run-text.ts";
import { type Workers, dryRun } from "../dry-run/dry-run.ts";
import { originOf } from "../run/fork/origin.ts";
import { complain, sayJson, sayText } from "../terminal/output.ts";
import type { EngineFlags } from "../flags/options.ts";
import type { RunFlags } from "../run/run-setup.ts";

interface DryRunFlags extends RunFlags, Workers, EngineFlags {
  readonly json?: boolean;
}

/** @throws GanglionError as a run of these flags would */
export async function printDryRun(flags: DryRunFlags): Promise<void> {
  if (flags.resume !== undefined) {
    throw new GanglionError(
      "USAGE",
      `--dry-run describes a new run: give the old one's config instead, --config ${join(flags.resume, "config.json")}`,
    );
  }
  const { draft } = await originOf(flags, (message) => complain(`warning: ${message}`));
  const { workers, threads, dataMemory, engine, device = "cpu" } = flags;
  const run = await dryRun(draft, {
    workers,
    threads,
    ...(dataMemory !== undefined && { dataMemory }),
    isGraphOnCpu: engine === "graph" && device === "cpu",
  });
  if (flags.json === true) sayJson({ event: "dry-run", ...run });
  else sayText(describeDryRun(run).trimEnd());
}
