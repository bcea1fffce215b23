// Draws any number of pictures on several threads, and hands them on in their order.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { type Program, arraysFor, sizeOf } from "../../shared/program/program.ts";
import { fillRandomInputs } from "../../shared/program/random-inputs.ts";
import type { Layout } from "../../shared/protocol/layout.ts";
import type { EngineChoice } from "../../worker/engine/engine-choice.ts";
import { openEngine } from "../../worker/engine/open-engine.ts";
import { buffersFor } from "./buffers.ts";
import type { Pictures } from "./pictures.ts";
import type { DrawingThread } from "./thread.ts";

export interface Drawing {
  /** Draws `batch` pictures. */
  readonly program: Program;
  readonly batch: number;
  readonly layout: Layout;
  /** [P] */
  readonly weights: Float32Array;
  readonly choice: EngineChoice;
  readonly threads: number;
  readonly pictures: Pictures;
  readonly classes: number;
  /** Of what random layers draw. */
  readonly seed: number;
  /** Random layers draw the same for every picture: nothing but the latent vector moves. */
  readonly isSteady: boolean;
  readonly signal: AbortSignal;
}

type Arrays = Record<string, Float32Array>;
type Run = (inputs: Arrays) => Promise<Float32Array>;

/**
 * `take` gets [n, H, W, C] of the pictures from `first` on, in order, one call at a time. How pictures are put together in
 * batches depends on `batch` alone, so their bits do not depend on the threads.
 *
 * @throws GanglionError WORKER or ENGINE; the signal's reason when it is aborted
 */
export async function draw(
  drawing: Drawing,
  take: (first: number, images: Float32Array) => Promise<void>,
): Promise<void> {
  const { program, batch, pictures, signal } = drawing;
  const batches = Math.ceil(pictures.count / batch);
  const size = sizeOf(program.values[program.outputs[0].value].shape) / batch;
  const threads = await openThreads(drawing, Math.min(drawing.threads, batches));
  try {
    let next = 0;
    const waiting = new Map<number, Float32Array>();
    let taken = 0;
    let taking = Promise.resolve();
    const hand = (): void => {
      for (let images = waiting.get(taken); images; images = waiting.get(taken)) {
        const first = taken * batch;
        const own = images.subarray(0, Math.min(batch, pictures.count - first) * size);
        waiting.delete(taken++);
        taking = taking.then(() => take(first, own));
      }
    };
    const work = async (run: Run): Promise<void> => {
      while (next < batches) {
        const mine = next++;
        signal.throwIfAborted();
        waiting.set(mine, await run(inputsOf(drawing, mine * batch)));
        hand();
        await taking; // no thread runs ahead of what has been written
      }
    };
    await Promise.all(threads.runs.map(work));
    await taking;
  } finally {
    await threads.close();
  }
}

function inputsOf(drawing: Drawing, first: number): Arrays {
  const { program, batch, pictures, classes, seed, isSteady, layout } = drawing;
  const isWeight = new Set(layout.slots.map(({ name }) => name));
  const inputs = arraysFor(
    program,
    program.inputs.filter(({ name }) => !isWeight.has(name)),
  );
  const { noise, labels } = inputs;
  for (let i = 0; i < batch; i++) {
    const picture = Math.min(first + i, pictures.count - 1); // the last batch is filled up
    if (noise)
      pictures.noise(picture, noise.subarray((i * noise.length) / batch, ((i + 1) * noise.length) / batch));
    if (labels) labels[i * classes + pictures.classOf(picture)] = 1;
  }
  fillRandomInputs(program, inputs, seed, ["sample op", isSteady ? 0 : first]);
  if (isSteady)
    for (const { name, random, value } of program.inputs)
      if (random && program.values[value].shape[0] === batch) {
        const own = inputs[name].length / batch;
        for (let i = 1; i < batch; i++) inputs[name].copyWithin(i * own, 0, own);
      }
  return inputs;
}

interface Threads {
  readonly runs: readonly Run[];
  close(): Promise<void>;
}

async function openThreads(drawing: Drawing, threads: number): Promise<Threads> {
  return threads === 1 ? ownThread(drawing) : helperThreads(drawing, threads);
}

async function ownThread({ choice, program, layout, weights }: Drawing): Promise<Threads> {
  const buffers = buffersFor(program, layout, weights);
  const engine = await openEngine(choice);
  const executable = await engine.prepare(program, buffers);
  const run: Run = async (given) => {
    for (const [name, values] of Object.entries(given)) buffers.inputs[name].set(values);
    await executable.run();
    return buffers.outputs["images"].slice();
  };
  return { runs: [run], close: async () => executable.dispose() };
}

/** From the sources (in tests) the compiled thread under dist runs. */
const ENTRY = new URL(
  import.meta.url.endsWith(".ts") ? "../../dist/deploy/generate/thread.js" : "./thread.js",
  import.meta.url,
);

async function helperThreads(
  { choice, program, layout, weights }: Drawing,
  threads: number,
): Promise<Threads> {
  const workerData: DrawingThread = { choice, program, layout, weights };
  const workers = Array.from({ length: threads }, () => new Worker(ENTRY, { workerData }));
  const close = async (): Promise<void> => {
    for (const worker of workers) worker.postMessage(null);
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  const answer = async (worker: Worker): Promise<unknown> => {
    const gone = new AbortController();
    const [reply] = (await Promise.race([
      once(worker, "message", { signal: gone.signal }),
      once(worker, "exit", { signal: gone.signal }).then(([code]) => [{ error: `it ended with ${code}` }]),
    ]).finally(() => gone.abort())) as [unknown];
    return reply;
  };
  const run =
    (worker: Worker): Run =>
    async (inputs) => {
      worker.postMessage(inputs);
      return imagesIn(await answer(worker));
    };
  try {
    for (const reply of await Promise.all(workers.map(answer))) imagesIn(reply);
  } catch (error) {
    await close();
    throw error;
  }
  return { runs: workers.map(run), close };
}

function imagesIn(reply: unknown): Float32Array {
  if (reply instanceof Float32Array) return reply;
  const { error } = reply as { readonly error: unknown };
  throw new GanglionError("WORKER", `a thread could not draw: ${messageOf(error)}`, { cause: error });
}
