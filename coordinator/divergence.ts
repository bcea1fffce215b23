// What a run that diverges is told: where in which program the first number was lost, and what to do about it.
import { GanglionError, messageOf } from "../shared/errors.ts";
import { DIAGNOSIS_LENGTH, readDiagnosis } from "../shared/program/diagnosis.ts";
import { decodeProgram } from "../shared/program/program.ts";
import type { PhasePlan } from "../shared/protocol/messages.ts";
import { type PlaceOf, causeText } from "./guard/divergence/cause.ts";
import { singularLoss } from "./guard/divergence/singular.ts";
import { DIVERGED_REMEDY } from "./guard/guard-messages.ts";
import type { Leases } from "./leases/leases.ts";
import type { Results, Task } from "./leases/task.ts";
import { NotFiniteError } from "./leases/trust/hopeless.ts";
import { type ClippedGradient, layerNormsOf } from "./update/update.ts";

export interface DivergedRound {
  readonly phase: PhasePlan;
  readonly step: number;
  /** Weights version. */
  readonly version: number;
  /** Encoded, by their hashes. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly placeOf: PlaceOf;
  readonly leases: Pick<Leases, "complete">;
  /** Hears why the cause could not be looked for. */
  readonly warn: (code: string, message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * An error of a round, with its cause where the results were not finite: a node runs the shards once more with every value
 * watched. Any other error is returned as it is, and so is the cause of an end that was asked for.
 */
export async function explained(error: unknown, round: DivergedRound): Promise<unknown> {
  if (!(error instanceof NotFiniteError)) return error;
  const { phase, step, version, programs, placeOf } = round;
  const program = decodeProgram(programs.get(phase.program)!);
  const found = await diagnosed(error, round);
  const when =
    version === 0
      ? `the results of phase ${phase.name} are not finite from the first step on, with the initial weights`
      : `step ${step + 1}, phase ${phase.name}`;
  if (found) return diverging(`${when}: ${causeText(program, found, placeOf)}`, error);
  const singular = singularLoss(program);
  if (version > 0)
    return singular === null ? error : diverging(`${error.message}; or it is this: ${singular}`, error);
  const suspect = singular ?? "look in the losses and networks for a logarithm, a root or a division of zero";
  return diverging(`${when}: ${suspect}`, error);
}

function diverging(message: string, cause: unknown): GanglionError {
  return new GanglionError("DIVERGED", message, { cause });
}

/** Of the first of the error's shards that has one; null where none is found, or nobody can look. */
async function diagnosed(
  { work }: NotFiniteError,
  { version, leases, warn, signal }: DivergedRound,
): Promise<ReturnType<typeof readDiagnosis>> {
  if (work.kind !== "phase") return null;
  const { phase, step, position, now } = work;
  const found: NonNullable<ReturnType<typeof readDiagnosis>>[] = [];
  const results: Results<Task> = {
    accept(_task, result, _member, envelope) {
      if (result.length !== DIAGNOSIS_LENGTH) return "length";
      const diagnosis = readDiagnosis(result);
      if (diagnosis) found.push(diagnosis);
      envelope.release();
      return null;
    },
  };
  try {
    for (let first = work.first; first < work.first + work.shards; first++) {
      const asked = { kind: "diagnose", phase, step, first, position, ...(now && { now }) } as const;
      await leases.complete([{ work: asked, version, size: 1 }], results, signal);
      if (found.length > 0) break;
    }
  } catch (error) {
    warn("DIVERGED", `the cause of the divergence could not be looked for: ${messageOf(error)}`);
  }
  return found[0] ?? null;
}

/** Names the layers that are not finite, or where all are the largest, whose square is not. */
export function diverged(step: number, { networks }: ClippedGradient): GanglionError {
  const layers = Object.entries(layerNormsOf(networks)).sort(([, a], [, b]) => b - a);
  const bad = layers.filter(([, norm]) => !Number.isFinite(norm));
  const names = (bad.length > 0 ? bad : layers.slice(0, 1)).map(
    ([layer, norm]) => `${layer} ${norm.toPrecision(3)}`,
  );
  return new GanglionError(
    "DIVERGED",
    `the mean gradient of step ${step} cannot be applied (norm of ${names.join(", ")}): ${DIVERGED_REMEDY}`,
  );
}
