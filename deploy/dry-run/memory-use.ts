// What memory a run takes on this machine, predicted from its config, data and programs.
import { firstProbe } from "../../coordinator/evaluation/probe.ts";
import { momentsOf } from "../../coordinator/update/optimizers/optimizer.ts";
import type { CompiledRun } from "../../coordinator/compiler/compile-run.ts";
import { type RunConfig, networksOf, optimizerOf } from "../../shared/config/config.ts";
import type { DatasetSummary } from "../../shared/data/dataset.ts";
import { sectionOf } from "../../shared/protocol/layout.ts";
import { type ThreadMemory, threadMemory } from "../../worker/memory/thread-memory.ts";

/** Bytes resident at the peak, about (docs/memory.md: within 10 % of what was measured), with the graph engine on the CPU and all nodes in one process. */
export interface MemoryUse {
  /** The process with Node and the compiler, weights, their average and the optimizers' moments. */
  readonly coordinator: number;
  /** Of the training set, where they lie in memory. */
  readonly images: number;
  /** What each thread keeps. */
  readonly thread: ThreadMemory;
  readonly threads: number;
  /** While images are drawn, or looked at for the guard: the more of the two. */
  readonly occasional: number;
  readonly total: number;
}

export interface MemoryOptions {
  /** Of all nodes. */
  readonly threads: number;
  /** Images of more bytes stay in their file. */
  readonly dataMemory: number;
  /** Of the whole run: a short one has no probe. */
  readonly steps: number;
}

/** Measured: Node, tfjs, the compiler and its garbage. */
const PROCESS_BYTES = 225e6;

/** Vectors of P numbers besides average and moments: initial weights, two versions, a sum on its way. */
const VECTORS = 4;

export function memoryUse(
  compiled: CompiledRun,
  config: RunConfig,
  data: Pick<DatasetSummary, "count" | "imageShape">,
  { threads, dataMemory, steps }: MemoryOptions,
): MemoryUse {
  const { layout, probe } = compiled;
  const moments = networksOf(config.task).reduce((sum, network) => {
    const section = sectionOf(layout, `${network}/`);
    return sum + momentsOf(optimizerOf(config, network)).length * section.length;
  }, 0);
  const average = config.task === "gan" && config.average > 0 ? layout.length : 0;
  const vectors = VECTORS * layout.length + average + moments;
  const coordinator = PROCESS_BYTES + vectors * Float32Array.BYTES_PER_ELEMENT;
  const bytes = data.imageShape.reduce((product, size) => product * size, data.count);
  const images = bytes <= dataMemory ? bytes : 0;
  const extractor = config.task === "gan" && config.evaluateEvery > 0 ? config : null;
  const thread = threadMemory({ ...compiled, weights: layout, extractor }, compiled.programs);
  const passing = (program: string | undefined): number => {
    const memory = program === undefined ? undefined : thread.programs.get(program);
    return memory?.isOccasional ? memory.values : 0;
  };
  const isProbed = firstProbe({ plan: { probe }, batch: config.batch, epochSize: data.count }) <= steps;
  // Both are made in pieces by all threads at once.
  const { generate } = compiled;
  const drawing = generate ? Math.min(threads, Math.ceil(generate.batch / generate.atOnce)) : 0;
  const occasional = Math.max(
    drawing * passing(generate?.program),
    isProbed ? threads * passing(probe?.program) : 0,
  );
  const total = coordinator + images + threads * thread.kept + occasional;
  return { coordinator, images, thread, threads, occasional, total };
}
