// The ledger: one line for each committed phase, from which "nothing lost, nothing twice" can be checked.
import { z } from "zod";
import { GanglionError } from "../../shared/errors.ts";
import { openJsonLines, readJsonLines, truncateJsonLines } from "./files/json-lines.ts";
import type { Block } from "../../shared/tree-sum.ts";
import { LedgerSurvey } from "./ledger-survey.ts";

/** A block of shards, and the node whose contribution was accepted. */
export interface Contributed extends Block {
  readonly node: string;
}

/** One committed phase. */
export interface LedgerEntry {
  readonly step: number;
  /** Its place among the step's phases, from 0. */
  readonly phase: number;
  /** Of the weights that this commit made. */
  readonly version: number;
  /** Where the phase started in the sample stream. */
  readonly position: number;
  /** How far the phase moved on in the sample stream; 0 for one that uses no samples. */
  readonly samples: number;
  readonly contributions: readonly Contributed[];
}

export interface Ledger {
  /**
   * Appends, soon.
   *
   * @throws GanglionError RUN_FOLDER when an earlier entry could not be written
   */
  append(entry: LedgerEntry): void;
  /** Resolves when every entry so far is durable; to be awaited before a checkpoint that goes beyond them is saved. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the ledger to append, after dropping what lies beyond `version`, the checkpoint's (0 for a new run), a torn line
 * and lines that are no commits. `warn` gets what the ledger should hold up to there and does not: the weights do not
 * depend on it, so the run can go on.
 *
 * @throws GanglionError RUN_FOLDER when the file cannot be read or written
 */
export async function openLedger(
  file: string,
  version: number,
  warn: (message: string) => void = () => {},
): Promise<Ledger> {
  const survey = new LedgerSurvey();
  const keep = (line: object): boolean => {
    const { success, data } = entrySchema.safeParse(line);
    if (!success) survey.damaged();
    else if (data.version <= version) survey.kept(data.version);
    return success && data.version <= version;
  };
  await truncateJsonLines(file, keep, () => survey.damaged());
  const fault = survey.faultUpTo(version);
  if (fault !== null) warn(`${file} ${fault}; the weights do not depend on it, and the run goes on`);
  const lines = await openJsonLines(file);
  return {
    append: (entry) => lines.write(entry),
    flush: () => lines.flush(),
    close: () => lines.close(),
  };
}

/**
 * Every entry.
 *
 * @throws GanglionError RUN_FOLDER when a line is no entry
 */
export async function readLedger(file: string): Promise<LedgerEntry[]> {
  return (await readJsonLines(file)).map((line) => parse(line, file));
}

/**
 * Checks a ledger from the start of its run; an empty result means that it holds:
 *
 *   each sample is used once an epoch (positions without gap or overlap, from 0; an epoch is `datasetSize` of them),
 *   each phase is committed once, in order, with one contribution for every shard,
 *   versions go up by one.
 *
 * Phases of a step and shards of a phase may be others from the steps `changedAt` on. Returns one sentence for each
 * violation.
 */
export function verifyLedger(
  entries: readonly LedgerEntry[],
  datasetSize: number,
  changedAt: readonly number[] = [],
): string[] {
  const segmentOf = ({ step }: LedgerEntry): number => changedAt.filter((from) => from <= step).length;
  const phases = new Map<number, number>();
  for (const entry of entries) {
    const segment = segmentOf(entry);
    phases.set(segment, Math.max(phases.get(segment) ?? 1, entry.phase + 1));
  }
  const shards = new Map<number, Map<number, number>>();
  const violations: string[] = [];
  let position = 0;
  let previous: LedgerEntry | null = null;
  for (const entry of entries) {
    const shardsOf = shards.get(segmentOf(entry)) ?? new Map<number, number>();
    shards.set(segmentOf(entry), shardsOf);
    const problems = [
      orderProblem(previous, entry, phases.get(segmentOf(previous ?? entry))!),
      versionProblem(previous, entry),
      positionProblem(position, entry, datasetSize),
      tilingProblem(entry, shardsOf),
    ];
    for (const problem of problems) {
      if (problem) violations.push(`step ${entry.step}, phase ${entry.phase}: ${problem}`);
    }
    position = entry.position + entry.samples;
    previous = entry;
  }
  return violations;
}

function orderProblem(previous: LedgerEntry | null, entry: LedgerEntry, phases: number): string | null {
  if (!previous) return entry.phase === 0 ? null : "the ledger begins in the middle of a step";
  const isLast = previous.phase === phases - 1;
  const step = isLast ? previous.step + 1 : previous.step;
  const phase = isLast ? 0 : previous.phase + 1;
  return entry.step === step && entry.phase === phase ? null : `step ${step}, phase ${phase} is due`;
}

function versionProblem(previous: LedgerEntry | null, entry: LedgerEntry): string | null {
  if (!previous || entry.version === previous.version + 1) return null;
  return `version ${entry.version} follows ${previous.version}`;
}

function positionProblem(position: number, entry: LedgerEntry, datasetSize: number): string | null {
  if (entry.position === position) return null;
  const [from, to] = [Math.min(entry.position, position), Math.max(entry.position, position)];
  const what = entry.position > position ? "never used" : "used twice";
  return `places ${from} … ${to - 1} of the sample stream (from epoch ${Math.floor(from / datasetSize)} on) are ${what}`;
}

/** The contributions must tile 0 … S - 1, with the same S every time a phase comes round. */
function tilingProblem(entry: LedgerEntry, shardsOf: Map<number, number>): string | null {
  let end = 0;
  for (const { first, shards, node } of [...entry.contributions].sort((a, b) => a.first - b.first)) {
    if (first > end) return `shards ${end} … ${first - 1} have no contribution`;
    if (first < end) return `shard ${first} has two contributions, the second from ${node}`;
    end = first + shards;
  }
  const known = shardsOf.get(entry.phase) ?? end;
  shardsOf.set(entry.phase, known);
  if (end === 0) return "it has no contributions";
  return end === known ? null : `it has ${end} shards, earlier ones had ${known}`;
}

const count = z.int().nonnegative();
const entrySchema = z.object({
  step: count,
  phase: count,
  version: count,
  position: count,
  samples: count,
  contributions: z.array(z.object({ first: count, shards: z.int().positive(), node: z.string() })),
});

function parse(line: object, file: string): LedgerEntry {
  const result = entrySchema.safeParse(line);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw new GanglionError(
    "RUN_FOLDER",
    `${file} has a line that is no commit: ${path.join(".")}: ${message}`,
  );
}
