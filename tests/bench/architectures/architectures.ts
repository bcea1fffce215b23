// How fast the blocks of the architectures are, forward and back, against PyTorch's, in turns:
//
//   npx jiti tests/bench/architectures/architectures.ts --help
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { Command } from "commander";
import { type TraceContext, traceProgram } from "../../../coordinator/compiler/trace/trace.ts";
import { median } from "../../../deploy/bench/speed.ts";
import { wholeNumber } from "../../../deploy/flags/parsers.ts";
import { arraysFor } from "../../../shared/program/program.ts";
import { createGraphEngine } from "../../../worker/engine/graph/graph-engine.ts";
import { machine } from "../data/program.ts";
import { BLOCKS, type Block, fillTensor } from "./blocks.ts";

interface Flags {
  readonly rounds: number;
  readonly runs: number;
  readonly python?: string;
  readonly only?: string;
}

/** 1: all gradients of a loss. 2: with the squared gradient of y for x in the loss, as R1 has it. */
type Order = 1 | 2;

interface Timed {
  readonly seconds: number;
  readonly loss: number;
}
type Competitor = (runs: number) => Promise<Timed>;

const wanted = new Command("npx jiti tests/bench/architectures/architectures.ts")
  .description("milliseconds (of the processor, one thread) for a gradient step of each block, batch 16")
  .option("--rounds <n>", "how often each is timed, in turns", wholeNumber(1), 9)
  .option("--runs <n>", "gradient steps each time", wholeNumber(1), 5)
  .option("--python <file>", "a Python with torch and numpy (default: without PyTorch)")
  .option("--only <text>", "only blocks whose names have this")
  .parse()
  .opts<Flags>();

const torch = wanted.python === undefined ? null : startTorch(wanted.python);
process.stdout.write(
  `${machine()}; batch 16, one thread, ${wanted.rounds} rounds in turns, medians\n\n` +
    "| block | order | ms | PyTorch ms | PyTorch ÷ ours |\n|---|---|---|---|---|\n",
);
try {
  for (const block of BLOCKS) {
    if (wanted.only !== undefined && !block.name.includes(wanted.only)) continue;
    for (const order of [1, 2] as const) await compare(block, order);
  }
} finally {
  torch?.stop();
}

async function compare(block: Block, order: Order): Promise<void> {
  const ours = await prepared(block, order);
  const theirs: Competitor | null = torch && ((runs) => torch.time(block, order, runs));
  const [warm, known] = [await ours(2), await theirs?.(2)];
  if (known && Math.abs(warm.loss - known.loss) > 1e-3 * Math.abs(known.loss))
    throw new Error(`${block.name}: the loss is ${warm.loss}, PyTorch's ${known.loss}`);
  const times: [number, number][] = [];
  for (let round = 0; round < wanted.rounds; round++) {
    const own = (await ours(wanted.runs)).seconds;
    times.push([own, (await theirs?.(wanted.runs))?.seconds ?? Number.NaN]);
  }
  const ms = (values: number[]): string => (1e3 * median(values)).toFixed(2);
  const [own, other] = [times.map(([seconds]) => seconds), times.map(([, seconds]) => seconds)];
  const ratio = median(times.map(([mine, its]) => its / mine)).toFixed(2);
  process.stdout.write(`| ${block.name} | ${order} | ${ms(own)} | ${ms(other)} | ${ratio} |\n`);
}

async function prepared(block: Block, order: Order): Promise<Competitor> {
  const program = await traceProgram((context) =>
    order === 1 ? first(context, block) : second(context, block),
  );
  const inputs = arraysFor(program, program.inputs);
  for (const { name, value } of program.inputs)
    fillTensor(inputs[name], Number(name), program.values[value].shape);
  const outputs = arraysFor(program, program.outputs);
  const executable = await createGraphEngine("bench").prepare(program, { inputs, outputs });
  return async (runs) => {
    const start = process.cpuUsage();
    for (let run = 0; run < runs; run++) await executable.run();
    const { user, system } = process.cpuUsage(start);
    return { seconds: (user + system) / 1e6 / runs, loss: outputs["loss"][0] };
  };
}

function first({ input, gradients }: TraceContext, { shapes, forward }: Block): Record<string, tf.Tensor> {
  const { tensors, images } = inputsOf(input, shapes);
  const loss = tf.mean(tf.square(forward(tensors)));
  return named(loss, gradients(loss, [images, ...tensors.slice(1)]));
}

function second({ input, gradients }: TraceContext, { shapes, forward }: Block): Record<string, tf.Tensor> {
  const { tensors, images } = inputsOf(input, shapes);
  const y = forward(tensors);
  const [slope] = gradients(tf.sum(y), [images]);
  const loss = tf.add(tf.mean(tf.square(slope)), tf.mean(tf.square(y)));
  return named(loss, gradients(loss, tensors.slice(1)));
}

/** Images in the order in which the graph engine's own layers leave them, as PyTorch's are in the faster of its two. */
function inputsOf(
  input: TraceContext["input"],
  shapes: Block["shapes"],
): { readonly tensors: tf.Tensor[]; readonly images: tf.Tensor } {
  const [[batch, height, width, channels], ...weights] = shapes;
  const images = input("0", [height, width, batch, channels]);
  const others = weights.map((shape, i) => input(String(i + 1), shape));
  return { tensors: [tf.transpose(images, [2, 0, 1, 3]), ...others], images };
}

function named(loss: tf.Tensor, gradients: readonly tf.Tensor[]): Record<string, tf.Tensor> {
  return { loss, ...Object.fromEntries(gradients.map((gradient, i) => [`gradient ${i}`, gradient])) };
}

function startTorch(python: string): {
  readonly time: (block: Block, order: Order, runs: number) => Promise<Timed>;
  readonly stop: () => void;
} {
  const script = fileURLToPath(new URL("blocks.py", import.meta.url));
  const child = spawn(python, [script], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async time({ name, shapes }, order, runs) {
      child.stdin.write(`${JSON.stringify({ name, order, runs, shapes })}\n`);
      const [line] = (await once(lines, "line")) as [string];
      return JSON.parse(line) as Timed;
    },
    stop: () => void child.stdin.end(),
  };
}
