// The inputs of a phase's shard, which do not depend on the weights: drawn before these are here, where it is known what comes.
import { fillRandomInputs } from "../shared/program/random-inputs.ts";
import type { Program } from "../shared/program/program.ts";
import type { Plan } from "../shared/protocol/messages.ts";
import type { Round } from "../shared/protocol/phase-rounds.ts";
import { stream } from "../shared/random/random.ts";

/** A program, and the arrays that it reads. */
export interface PhaseProgram {
  readonly program: Program;
  readonly inputs: Readonly<Record<string, Float32Array>>;
}

/** One shard of one round. */
export interface ShardOfRound extends Round {
  readonly shard: number;
}

/** Writes samples, and labels where the program takes them, of consecutive positions in the sample stream. */
export type FillSamples = (inputs: PhaseProgram["inputs"], position: number, count: number) => void;

/**
 * Fills a program's arrays with a shard's samples, labels, noise and random numbers: functions of seed, step, phase, shard
 * and position. Nothing else writes these inputs of a phase's program, so what they hold is known, and is not drawn again.
 */
export class PhaseInputs {
  readonly #plan: Pick<Plan, "seed" | "phases">;
  readonly #fillSamples: FillSamples;
  /** What a program's arrays hold. */
  readonly #held = new WeakMap<PhaseProgram, ShardOfRound>();

  constructor(plan: Pick<Plan, "seed" | "phases">, fillSamples: FillSamples) {
    this.#plan = plan;
    this.#fillSamples = fillSamples;
  }

  /** @throws what reading the samples throws; the arrays count as empty then */
  fill(target: PhaseProgram, at: ShardOfRound): void {
    if (isSame(this.#held.get(target), at)) return;
    this.#held.delete(target);
    const { program, inputs } = target;
    const { seed, phases } = this.#plan;
    const { phase, step, shard, position } = at;
    const { shardSize } = phases[phase];
    this.#fillSamples(inputs, position + shard * shardSize, shardSize);
    const path = [step, phase, shard];
    if (inputs["noise"]) stream(seed, "noise", ...path).fillNormal(inputs["noise"]);
    fillRandomInputs(program, inputs, seed, ["op", ...path]);
    this.#held.set(target, { phase, step, shard, position });
  }

  /**
   * The same before anybody asks for it; whether that worked: what cannot be read is tried again when it is asked for, and
   * fails then.
   */
  drawAhead(target: PhaseProgram, at: ShardOfRound): boolean {
    try {
      this.fill(target, at);
      return true;
    } catch {
      return false;
    }
  }
}

function isSame(held: ShardOfRound | undefined, at: ShardOfRound): boolean {
  return (
    held !== undefined &&
    held.phase === at.phase &&
    held.step === at.step &&
    held.shard === at.shard &&
    held.position === at.position
  );
}
