// The process that `probe` starts: opens the engine, checks one gradient, times a step, answers, ends.
import { type Program, arraysFor, decodeProgram } from "../../shared/program/program.ts";
import { messageOf } from "../../shared/errors.ts";
import { stream } from "../../shared/random/random.ts";
import { type Engine } from "../engine/engine.ts";
import { openEngine } from "../engine/open-engine.ts";
import { runOnceOn } from "../run-once.ts";
import type { ProbeAnswer, ProbeRequest } from "./probe.ts";

/** A share of the largest element: float32, sums in another order. GPUs may round products to fewer bits (TF32). */
const TOLERANCE = { cpu: 1e-4, gpu: 1e-2 };
/** The first run is not counted; then so many, or as many as begin within the time. */
const RUNS = 6;
const TIMED_MS = 1500;

process.once("message", (request: ProbeRequest) => void answer(request));

async function answer(request: ProbeRequest): Promise<void> {
  const result = await attempt(request).catch((error: unknown): ProbeAnswer => ({
    kind: "fails",
    cause: messageOf(error),
  }));
  // Ends at once, without tearing the native parts down: some do not survive that.
  process.send!(result, () => process.exit(0));
}

async function attempt({ choice, work }: ProbeRequest): Promise<ProbeAnswer> {
  const engine = await openEngine(choice);
  const { program, inputs, expected } = work.check;
  const outputs = await runOnceOn(engine, decodeProgram(program), inputs);
  const firstGradientAt = Date.now();
  const tolerance = choice.device === "cpu" ? TOLERANCE.cpu : TOLERANCE.gpu;
  for (const [name, right] of Object.entries(expected)) {
    const error = largestError(outputs[name], right);
    if (!(error <= tolerance)) {
      const cause = `its ${name} is wrong: off by ${error.toPrecision(2)} of the largest element, where ${tolerance} is allowed`;
      return { kind: "fails", cause };
    }
  }
  const { speed } = work;
  const imagesPerSecond = speed
    ? speed.images / (await secondsOf(engine, decodeProgram(speed.program)))
    : null;
  return {
    kind: "works",
    device: engine.device,
    numerics: engine.numerics,
    firstGradientAt,
    imagesPerSecond,
  };
}

/** Median of a few runs after a first one, in seconds. */
async function secondsOf(engine: Engine, program: Program): Promise<number> {
  const inputs = arraysFor(program, program.inputs);
  for (const [name, array] of Object.entries(inputs)) {
    stream(1, name).fillNormal(array);
    array.forEach((value, i) => (array[i] = value * 0.02));
  }
  const outputs = arraysFor(program, program.outputs);
  const executable = await engine.prepare(program, { inputs, outputs });
  await executable.run();
  const times: number[] = [];
  const end = performance.now() + TIMED_MS;
  while (times.length === 0 || (times.length < RUNS && performance.now() < end)) {
    const started = performance.now();
    await executable.run();
    times.push((performance.now() - started) / 1000);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

function largestError(actual: Float32Array, expected: Float32Array): number {
  let error = 0;
  let largest = 0;
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    error = Math.max(error, Math.abs(actual[i] - value)); // NaN stays NaN
  }
  return error / (largest || 1);
}
