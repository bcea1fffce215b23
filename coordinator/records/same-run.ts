// Checks that a resumed run is still the same: its data and programs are compared with those that it was started with.
import type { RunConfig } from "../../shared/config/config.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { DataFingerprints, Fingerprints } from "./fingerprints.ts";

export interface Comparison {
  /** Of the run, as its checkpoint or its folder has them. */
  readonly before: Fingerprints;
  readonly now: Fingerprints;
  readonly config: Pick<RunConfig, "model" | "networks" | "preset">;
  /** Whether the run starts again: then its weights before the first step count, too. */
  readonly fromStart: boolean;
}

/**
 * Refuses a run that would go on with other data or programs: its weights would be those of neither.
 *
 * @throws GanglionError DATA or CHECKPOINT with both values, what differs and the remedy
 */
export function checkSameRun(comparison: Comparison): void {
  const { before, now, config, fromStart } = comparison;
  checkSameData(before, now);
  const differing = differences(before.programs, now.programs);
  if (differing.length > 0) {
    const [{ use, theirs, ours }, ...more] = differing;
    const others = more.length > 0 ? ` (and so ${more.map((one) => one.use).join(", ")})` : "";
    throw otherNetworks(
      `the program of ${use} was ${theirs} in this run, and is ${ours} now${others}`,
      config,
    );
  }
  if (before.constraints !== now.constraints)
    throw otherNetworks(
      `the constraints of its weights were ${short(before.constraints)} in this run, and are ${short(now.constraints)} now`,
      config,
    );
  if (fromStart && before.initialWeights !== now.initialWeights)
    throw otherNetworks(
      `the weights before the first step were ${short(before.initialWeights)} in this run, and are ${short(now.initialWeights)} now`,
      config,
    );
}

/**
 * Compares the data only, which are known before the networks are compiled.
 *
 * @throws GanglionError DATA
 */
export function checkSameData(before: DataFingerprints, now: DataFingerprints): void {
  checkSplit("trained", before.train, now.train);
  if (before.test && now.test) checkSplit("evaluated", before.test, now.test);
}

function checkSplit(verb: string, before: DataFingerprints["train"], now: DataFingerprints["train"]): void {
  if (before.fingerprint === now.fingerprint) return;
  const told = ({ name, count, fingerprint }: DataFingerprints["train"]): string =>
    `${name} with ${count} images (fingerprint ${short(fingerprint)})`;
  throw new GanglionError(
    "DATA",
    `the run was ${verb} on ${told(before)}, and the data are now ${told(now)}: put them back as they were, or start a new run`,
  );
}

interface Difference {
  readonly use: string;
  readonly theirs: string;
  readonly ours: string;
}

function differences(before: Fingerprints["programs"], now: Fingerprints["programs"]): Difference[] {
  const told = (value: string | undefined): string => (value === undefined ? "none" : short(value));
  return Object.keys({ ...before, ...now })
    .filter((use) => before[use] !== now[use])
    .map((use) => ({ use, theirs: told(before[use]), ours: told(now[use]) }));
}

/** The error for networks that are not those of the run; `what` has both values. */
export function otherNetworks(what: string, config: Comparison["config"]): GanglionError {
  return new GanglionError(
    "CHECKPOINT",
    `${what}: the networks or losses are not the ones it was trained with; ${remedyFor(config)}, or start a new run`,
  );
}

function remedyFor({ model, networks, preset }: Comparison["config"]): string {
  const saved = Object.values(networks).filter((file) => file !== undefined);
  const sources = [...(model.kind === "module" ? [`the model module ${model.file}`] : []), ...saved];
  return sources.length > 0
    ? `put ${sources.join(" and ")} back as it was`
    : `use the version of Ganglion that made it, whose preset ${preset} was another`;
}

/** Enough of a hash to tell two apart. */
export function short(value: string): string {
  return `${value.slice(0, 12)}…`;
}
