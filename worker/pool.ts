// The node's threads: a fixed set of Piscina threads, each with the run's programs prepared.
import { Piscina } from "piscina";
import { GanglionError, messageOf } from "../shared/errors.ts";
import { checkThreads } from "./engine/engine-choice.ts";
import { Gate } from "./gate.ts";
import type { Computation, Task, ThreadSetup } from "./task.ts";

/** Runs tasks on the first free thread. */
export interface Pool {
  /** Resolves when `task.output` is written. */
  run(task: Computation): Promise<void>;
  close(): Promise<void>;
  /**
   * Rejects what runs and waits, and lets the threads be: one hangs in native code until the process is killed, and a
   * thread that is terminated there takes the whole process with it.
   */
  abandon(): void;
}

/** Threads run the compiled file; from the sources (in tests) that is the one under dist. */
const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "../dist/worker/thread.js" : "./thread.js",
  import.meta.url,
);

/**
 * Starts `threads` threads and resolves when every one has prepared the programs.
 *
 * @throws GanglionError WORKER with the cause when a thread cannot start, USAGE when the device allows one thread only
 */
export async function openPool(setup: Omit<ThreadSetup, "gate">, threads: number): Promise<Pool> {
  checkThreads(setup.choice, threads);
  const gate = new Gate();
  const release = closeAtExit(gate);
  const piscina = new Piscina({
    filename: ENTRY.href,
    workerData: { ...setup, gate: gate.memory } satisfies ThreadSetup,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    atomics: "disabled", // threads wait for the engine, they must not block in Atomics.wait
    recordTiming: false,
  });
  try {
    // One task a thread: each is answered when its thread is up.
    await Promise.all(Array.from({ length: threads }, () => piscina.run({ kind: "ready" } satisfies Task)));
  } catch (cause) {
    gate.closeAndWait();
    await piscina.destroy();
    release();
    throw new GanglionError("WORKER", `a thread could not start: ${messageOf(cause)}`, { cause });
  }
  const waiting = new Set<(reason: Error) => void>();
  return {
    run(task) {
      return new Promise((resolve, reject) => {
        waiting.add(reject);
        void piscina
          .run(task)
          .then(() => resolve(), reject)
          .finally(() => waiting.delete(reject));
      });
    },
    async close() {
      await piscina.close({ force: true }); // what runs is finished, what waits is not begun
      release();
    },
    abandon() {
      for (const thread of piscina.threads) thread.unref();
      for (const reject of waiting)
        reject(new GanglionError("HUNG", "a thread of this node has not come back"));
      release();
    },
  };
}

/** A forced end of the process must not find a thread inside the engine. */
function closeAtExit(gate: Gate): () => void {
  const close = (): void => gate.closeAndWait();
  process.setMaxListeners(process.getMaxListeners() + 1); // many nodes of one process are no leak
  process.on("exit", close);
  return () => {
    process.off("exit", close);
    process.setMaxListeners(process.getMaxListeners() - 1);
  };
}
