// Run by `ganglion bench` as a process of its own: the memory of a coordinator, and what one thread's compiled step adds.
import { meanOf } from "../../coordinator/update/clip.ts";
import { Updater } from "../../coordinator/update/update.ts";
import { Weights } from "../../coordinator/update/weights.ts";
import { compileRun } from "../../coordinator/compiler/compile-run.ts";
import { decodeProgram, sizeOf } from "../../shared/program/program.ts";
import { type EngineChoice } from "../../worker/engine/engine-choice.ts";
import { openEngine } from "../../worker/engine/open-engine.ts";
import { summarizeDataset } from "../../shared/data/load.ts";
import { benchConfig } from "./config.ts";
import type { Subject } from "./work.ts";

/** Bytes resident: everything with Node itself, and the part that the step's session takes. */
export interface Memory {
  readonly coordinatorBytes: number;
  readonly stepBytes: number;
}

const [subject, shard, choice] = process.argv.slice(2);
const memory = await probe(JSON.parse(subject) as Subject, Number(shard), JSON.parse(choice) as EngineChoice);
process.stdout.write(`${JSON.stringify(memory)}\n`);

async function probe(work: Subject, samples: number, on: EngineChoice): Promise<Memory> {
  const draft = await benchConfig({ ...work, threads: 1, shard: samples }, 1);
  const { data, images } = draft.config;
  const { summary } = await summarizeDataset(data, "train", { images });
  const config = draft.forData(summary);
  const run = await compileRun(config, summary);
  const [phase] = run.phases;
  const weights = new Weights(run.initialWeights, 0);
  const networks = Object.keys(run.parameters);
  const updater = new Updater({
    config,
    layout: run.layout,
    initial: weights.current,
    networks,
    steps: 1,
    runImages: 0,
  });
  const mean = meanOf(new Float32Array(phase.contribution.length), phase.shards);
  const at = { step: 0, images: 0 };
  updater.applyGradient(phase, at, updater.clip(phase, mean), weights);
  const coordinatorBytes = process.memoryUsage.rss();

  const program = decodeProgram(run.programs.get(phase.program)!);
  const arrays = (ports: typeof program.outputs): Record<string, Float32Array> =>
    Object.fromEntries(
      ports.map(({ name: port, value }) => [port, new Float32Array(sizeOf(program.values[value].shape))]),
    );
  const engine = await openEngine(on);
  const executable = await engine.prepare(program, {
    inputs: arrays(program.inputs),
    outputs: arrays(program.outputs),
  });
  for (let i = 0; i < 3; i++) await executable.run(); // the session keeps what it takes
  const stepBytes = process.memoryUsage.rss() - coordinatorBytes;
  await executable.dispose();
  return { coordinatorBytes, stepBytes };
}
