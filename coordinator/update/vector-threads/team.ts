// Threads that share the coordinator's loops over vectors: between two phases the other cores have nothing else to do.
import { availableParallelism } from "node:os";
import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from "node:worker_threads";
import { GanglionError } from "../../../shared/errors.ts";
import { Kernels } from "../../../shared/simd/kernels.ts";
import { VectorMemory } from "../../../shared/simd/vector-memory.ts";
import { CALLS, FAILED, FREE, HELPED, INSIDE, JOB, type Job, NEXT, WORDS, claimTiles } from "./job.ts";
import { LOOP_KERNELS, type PlacedPass, placed, tileRunner } from "./loop-kernels.ts";
import type { Loop, Pass, VectorThreads } from "./loops.ts";
import { sharedFloats, sharedIntegers } from "./shared-memory.ts";
import type { HelperSetup } from "./thread.ts";
import { countOf } from "./tiles.ts";

/** More threads than these only wait for memory. */
const MOST_THREADS = 8;

/** Work of less is done before a helper is awake, which takes about 0.1 ms: 4 tiles of an optimizer's rule. */
const LEAST_WORK = 4;
/** Of a tile of the loops that only add, measure or average, beside one of a rule. */
const LIGHT_WORK = 1 / 4;

/**
 * How often the end of a tile is waited for, which takes a tenth of a millisecond unless the machine swaps. Waits are
 * counted, not time: a process that was stopped and goes on has missed the clock, but one wait at the most.
 */
const WAITS = 60;
const WAIT_MS = 1000;

/** Threads run the compiled file; from the sources (in tests) that is the one under dist. */
const ENTRY = new URL(
  import.meta.url.endsWith(".ts")
    ? "../../../dist/coordinator/update/vector-threads/thread.js"
    : "./thread.js",
  import.meta.url,
);

interface Helper {
  readonly worker: Worker;
  /** Jobs go in; those that come before the thread is up wait here. */
  readonly port: MessagePort;
}

/**
 * Runs loops in this thread and in helpers, which claim tile after tile; `run` returns when all are done. Nobody waits
 * for a helper that sleeps: one that comes late finds the job closed. Loops over vectors outside shared memory, and
 * over short ones, run in this thread only. The helpers start with the first loops that are worth it.
 *
 * The loops run as kernels, fastest on vectors that `floats` has made; where this Node has no WebAssembly they run as
 * they are.
 */
export class Team implements VectorThreads {
  readonly #threads: number;
  readonly #warn: (message: string) => void;
  readonly #control = sharedIntegers(WORDS);
  readonly #memory: VectorMemory | null;
  readonly #kernels: Kernels | null;
  #helpers: Helper[] | null = null;
  #jobs = 0;

  /**
   * `threads` with this one; `warn` is called when a helper has died. `memory`: one that vectors from elsewhere lie in too;
   * its own by default.
   */
  constructor(
    warn: (message: string) => void,
    threads = Math.min(MOST_THREADS, availableParallelism()),
    memory = VectorMemory.open(),
  ) {
    this.#warn = warn;
    this.#threads = threads;
    this.#memory = memory;
    const setup = memory?.setup(LOOP_KERNELS);
    this.#kernels = setup ? new Kernels(LOOP_KERNELS, setup) : null;
  }

  floats(length: number): Float32Array {
    return this.#memory?.floats(length) ?? sharedFloats(length);
  }

  /** @throws GanglionError WORKER when a helper failed inside of a tile, which leaves vectors half written */
  run(passes: readonly Pass[]): void {
    const work = passes.map((pass) => this.#placed(pass));
    if (this.#threads < 2 || workOf(passes) < LEAST_WORK || !passes.every(isShared))
      return this.#runAlone(work);
    this.#helpers ??= Array.from({ length: this.#threads - 1 }, () => this.#start());
    const control = this.#control;
    const job: Job = { number: ++this.#jobs, passes: work };
    for (const { port } of this.#helpers) port.postMessage(job);
    Atomics.store(control, NEXT, 0);
    Atomics.store(control, JOB, job.number);
    Atomics.add(control, CALLS, 1);
    Atomics.notify(control, CALLS);
    try {
      claimTiles(control, job, this.#kernels);
    } finally {
      Atomics.store(control, JOB, FREE);
      this.#awaitThoseInside();
    }
  }

  /** Tiles that helpers have run. */
  get helped(): number {
    return Atomics.load(this.#control, HELPED);
  }

  /** Ends the helpers; loops that come later run in this thread. */
  async close(): Promise<void> {
    const helpers = this.#helpers ?? [];
    this.#helpers = [];
    await Promise.all(helpers.map(({ worker }) => worker.terminate()));
  }

  #placed(pass: Pass): PlacedPass {
    const memory = this.#memory;
    return this.#kernels && memory
      ? placed(pass, (vector) => memory.addressOf(vector))
      : { ...pass, addresses: null };
  }

  #runAlone(work: readonly PlacedPass[]): void {
    for (const pass of work) {
      const runTile = tileRunner(pass, this.#kernels);
      for (let tile = 0; tile < countOf(pass.tiles); tile++) runTile(tile);
    }
  }

  #start(): Helper {
    const { port1, port2 } = new MessageChannel();
    const kernels = this.#memory?.setup(LOOP_KERNELS) ?? null;
    const worker = new Worker(ENTRY, {
      workerData: { control: this.#control, jobs: port2, kernels } satisfies HelperSetup,
      transferList: [port2],
    });
    const helper: Helper = { worker, port: port1 };
    worker.unref(); // it sleeps for good: a process that is done must not wait for it
    port1.unref();
    worker.once("error", (error) => {
      this.#helpers = this.#helpers!.filter((other) => other !== helper);
      this.#warn(`a vector thread ended, the others go on: ${error.message}`);
    });
    return helper;
  }

  #awaitThoseInside(): void {
    let waits = 0;
    for (let inside; (inside = Atomics.load(this.#control, INSIDE)) > 0;) {
      if (waits === WAITS)
        throw new GanglionError("WORKER", `a vector thread did not finish a tile in ${waits} s`);
      if (Atomics.wait(this.#control, INSIDE, inside, WAIT_MS) === "timed-out") waits++;
    }
    if (Atomics.load(this.#control, FAILED) === 0) return;
    const reasons = this.#helpers!.map(
      ({ port }) => receiveMessageOnPort(port)?.message as string | undefined,
    );
    throw new GanglionError(
      "WORKER",
      `a vector thread failed: ${reasons.find(Boolean) ?? "no reason given"}`,
    );
  }
}

/** In tiles of an optimizer's rule. */
function workOf(passes: readonly Pass[]): number {
  const ofLoop = ({ kind }: Loop): number =>
    kind === "add" || kind === "squares" || kind === "ema" ? LIGHT_WORK : 1;
  const ofTile = ({ loops }: Pass): number => loops.reduce((sum, loop) => sum + ofLoop(loop), 0);
  return passes.reduce((sum, pass) => sum + countOf(pass.tiles) * ofTile(pass), 0);
}

function isShared({ loops }: Pass): boolean {
  return loops
    .flatMap((loop): unknown[] => Object.values(loop))
    .every((value) => !ArrayBuffer.isView(value) || value.buffer instanceof SharedArrayBuffer);
}
