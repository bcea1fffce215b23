// Prepares a node for a run, and answers its leases.
import type { Dataset } from "../shared/data/dataset.ts";
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Lease, Plan } from "../shared/protocol/messages.ts";
import type { Connection, Envelope } from "../shared/transport/transport.ts";
import type { SharedBuffers } from "./buffers.ts";
import type { EngineChoice } from "./engine/engine-choice.ts";
import { startLeaseTimer } from "./lease-timer.ts";
import { type LeaseResult, LeaseWork } from "./lease-work.ts";
import { memoryWarning } from "./memory/memory-warning.ts";
import { type Pool, openPool } from "./pool.ts";
import type { WeightsHolder } from "./weights/weights-holder.ts";

export interface ComputingOptions {
  readonly connection: Connection;
  readonly choice: EngineChoice;
  readonly threads: number;
  /** The data the plan names; the node compares fingerprints with the coordinator. */
  readonly loadData: (plan: Plan) => Promise<{ readonly train: Dataset; readonly test: Dataset | null }>;
  readonly log: Log;
  /** Warns where `threads` do not fit into the memory that is free: all that start in this process. Absent where another node does. */
  readonly memory?: { readonly threads: number; readonly warn: (message: string) => void };
}

/** What a node keeps while it computes, and who hears when it cannot go on. */
export interface ComputingState {
  readonly weights: WeightsHolder;
  readonly buffers: SharedBuffers;
  /** A thread does not come back from a shard, long after its lease's time is up. */
  readonly stuck: (error: GanglionError) => void;
}

export interface Computing {
  readonly pool: Pool;
  /** Begins a lease; the coordinator is sent the result, or what went wrong. */
  work(lease: Lease, envelope: Envelope): void;
  cancel(lease: number): void;
  /** Resolves when no lease is being computed. */
  idle(): Promise<void>;
}

/** Loads the data, starts the threads, tells the coordinator; from then on leases may come. */
export async function prepare(
  { connection, choice, threads, loadData, log, memory }: ComputingOptions,
  plan: Plan,
  programs: ReadonlyMap<string, Uint8Array>,
  { weights, buffers, stuck }: ComputingState,
): Promise<Computing> {
  const { train, test } = await loadData(plan);
  checkFingerprint(train, plan.data.fingerprint);
  if (test && plan.data.test !== null) checkFingerprint(test, plan.data.test);
  const started = performance.now();
  if (memory) {
    const free = process.availableMemory();
    const warning = memoryWarning(plan, programs, { choice, threads: memory.threads, free });
    if (warning !== null) memory.warn(warning);
  }
  const pool = await openPool({ plan, programs, choice, train, test }, threads);
  const leaseWork = new LeaseWork({ plan, pool, threads, weights, buffers });
  const active = new Set<number>();
  const cancelled = new Set<number>();
  const prepareMs = performance.now() - started;
  await connection
    .send({ type: "ready", fingerprint: train.fingerprint, prepareMs })
    // Closed meanwhile: why is in what is still to be read, and the threads are closed when that ends.
    .catch((error: unknown) => log.debug({ error: messageOf(error) }, "ready too late"));
  const working = new Set<Promise<void>>();
  return {
    pool,
    work(lease, envelope) {
      active.add(lease.id);
      const done = answer(lease, envelope)
        .catch((error: unknown) =>
          log.debug({ lease: lease.id, error: messageOf(error) }, "lease not answered"),
        )
        .finally(() => {
          working.delete(done);
          active.delete(lease.id);
          cancelled.delete(lease.id);
        });
      working.add(done);
    },
    cancel(lease) {
      if (active.has(lease)) cancelled.add(lease); // else its answer is on its way
    },
    idle: async () => void (await Promise.all(working)),
  };

  /** Computes a lease and sends its result, or why there is none; rejects only when the connection is gone. */
  async function answer(lease: Lease, envelope: Envelope): Promise<void> {
    const begun = performance.now();
    const version = lease.version;
    const endTimer = timeOf(lease); // of computing: a broker that is away may hold up the answer for long
    let result: LeaseResult;
    try {
      const isCancelled = (): boolean => cancelled.has(lease.id);
      const computed = await leaseWork.compute(lease, envelope.body, isCancelled).finally(endTimer);
      if (!computed) return;
      result = computed;
    } catch (error) {
      await connection.send({ type: "failed", lease: lease.id, reason: messageOf(error).slice(0, 4000) });
      return;
    } finally {
      envelope.release();
    }
    try {
      if (cancelled.has(lease.id)) return;
      const computeMs = performance.now() - begun;
      await connection.send({ type: "contribution", lease: lease.id, version, computeMs }, result.vector);
    } finally {
      result.release();
    }
  }

  /** Abandons a lease whose time is up; returns what ends the timer. */
  function timeOf(lease: Lease): () => void {
    return startLeaseTimer({
      deadlineMs: lease.deadlineMs,
      late() {
        cancelled.add(lease.id);
        log.warn({ lease: lease.id, deadlineMs: lease.deadlineMs }, "not done in time, and abandoned");
      },
      stuck: (elapsedMs) => stuck(stuckThread(lease, elapsedMs)),
    });
  }
}

function stuckThread({ work }: Lease, elapsedMs: number): GanglionError {
  const what = work.kind === "phase" ? `a shard of step ${work.step}` : `work of kind ${work.kind}`;
  return new GanglionError(
    "HUNG",
    `a thread has not come back from ${what} for ${Math.round(elapsedMs / 1000)} s: its engine hangs, and the node ends; start it again, and try the machine with ganglion doctor`,
  );
}

function checkFingerprint({ name, fingerprint }: Dataset, wanted: string): void {
  if (fingerprint === wanted) return;
  throw new GanglionError(
    "DATA_MISMATCH",
    `this node's data ${name} has fingerprint ${fingerprint.slice(0, 12)}…, the run's ${wanted.slice(0, 12)}…: give --data the same files`,
  );
}
