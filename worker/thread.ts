// The Piscina entry: prepares a step's programs, and others when they are first needed; computes one task at a time.
import { workerData } from "node:worker_threads";
import { copyBytes } from "../shared/copy-bytes.ts";
import { viewOf } from "../shared/protocol/layout.ts";
import { byNetwork } from "../shared/protocol/slot-names.ts";
import { type Program, decodeProgram, sizeOf } from "../shared/program/program.ts";
import { samplesOf } from "../shared/data/image-options.ts";
import { classByLabel } from "../shared/data/labels.ts";
import { SampleOrder } from "../shared/data/sample-order.ts";
import { roundAfter } from "../shared/protocol/phase-rounds.ts";
import { stream } from "../shared/random/random.ts";
import { classColumns } from "../shared/program/class-columns.ts";
import { fillGeneratorInputs } from "../shared/program/generator-inputs.ts";
import { fillNowInputs } from "../shared/program/now-inputs.ts";
import { type Piece, piecesOf } from "../shared/program/pieces.ts";
import { fillRandomInputs } from "../shared/program/random-inputs.ts";
import { fillLabels, openSamples } from "./batches.ts";
import { diagnose } from "./diagnosis/diagnose.ts";
import type { Executable } from "./engine/engine.ts";
import { openEngine } from "./engine/open-engine.ts";
import { Gate } from "./gate.ts";
import { onnxExtraction, programExtraction } from "./features/extract.ts";
import { createExtractorInput } from "./features/extractor-input.ts";
import { createFeatures } from "./features/features.ts";
import { isOccasional } from "./memory/occasional.ts";
import { PhaseInputs } from "./phase-inputs.ts";
import { Staging } from "./weights/staging.ts";
import { type Computation, EVALUATION_SUMS, type Task, type ThreadSetup } from "./task.ts";

/** A program with the arrays it reads and writes; weights are views of the thread's one staging copy. */
interface Prepared {
  readonly program: Program;
  readonly executable: Executable;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /** All outputs, back to back in the order of the contribution's layout. */
  readonly result: Float32Array;
}

type PhaseTask = Extract<Task, { kind: "phase" }>;
type Evaluation = Extract<Computation, { kind: "evaluate" }>;

// Piscina waits for this promise before it gives the thread its first task.
export default createThread(workerData as ThreadSetup);

async function createThread(setup: ThreadSetup): Promise<(task: Task) => Promise<void>> {
  const { plan, train, test } = setup;
  const gate = new Gate(setup.gate);
  const staging = new Staging(plan.weights);
  const order = new SampleOrder(plan.seed, samplesOf(plan.data.images, train.count));
  const trainSamples = openSamples(train);
  const testSamples = test && openSamples(test);
  const classOf = classByLabel(train.classLabels);
  const phaseInputs = new PhaseInputs(plan, (inputs, position, count) => {
    const ids = (i: number): number => order.idAt(position + i);
    if (inputs["samples"]) trainSamples.fill(inputs["samples"], ids, count);
    if (inputs["labels"]) fillLabels(inputs["labels"], train, classOf, ids, count);
  });
  const engine = await openEngine(setup.choice);
  const prepared = new Map<string, Prepared>();
  const { extractor, generate } = plan;
  let features: ReturnType<typeof createFeatures> | null = null;
  await gate.pass(async () => {
    for (const { program } of plan.phases) await add(program);
    features = extractor && (await featuresOf(extractor));
  });

  async function add(hash: string): Promise<Prepared> {
    const known = prepared.get(hash);
    if (known) return known;
    const ready = await prepare(decodeProgram(setup.programs.get(hash)!), isOccasional(plan, hash));
    prepared.set(hash, ready);
    return ready;
  }

  /** The first step does not wait for what grids, evaluations and the guard use: that is prepared when it is needed. */
  async function ready(hash: string): Promise<Prepared> {
    if (!prepared.has(hash) && !(await gate.pass(async () => void (await add(hash))))) throw closing();
    return prepared.get(hash)!;
  }

  async function featuresOf(spec: NonNullable<typeof extractor>): Promise<typeof features> {
    const { imageShape } = train;
    const input = createExtractorInput(spec, imageShape);
    const extraction =
      spec.kind === "onnx"
        ? await onnxExtraction(spec, setup.programs.get(spec.hash)!, engine, input.shape)
        : programExtraction(spec, await add(spec.hash));
    const { latentSize } = plan;
    const own = generate && (await add(generate.program));
    const drawing = own && {
      program: own.program,
      batch: generate.atOnce,
      inputs: own.inputs,
      images: own.outputs["images"],
      latentSize,
      classes: (own.inputs["labels"]?.length ?? 0) / generate.atOnce,
      run: () => own.executable.run(),
    };
    const sampleCount = samplesOf(plan.data.images, train.count);
    return createFeatures({
      spec,
      input,
      extraction,
      drawing,
      samples: trainSamples,
      sampleCount,
      imageSize: sizeOf(imageShape),
    });
  }

  /** Arrays for every port: inputs named in the weights layout lie in the staging copy, outputs back to back. */
  async function prepare(program: Program, isRare: boolean): Promise<Prepared> {
    const slots = new Map(plan.weights.slots.map((slot) => [slot.name, slot]));
    const steady = byNetwork(program.inputs.map(({ name }) => name).filter((name) => slots.has(name)));
    const inputs: Record<string, Float32Array> = {};
    for (const { name, value } of program.inputs) {
      const slot = slots.get(name);
      inputs[name] = slot
        ? viewOf(staging.vector, slot)
        : new Float32Array(sizeOf(program.values[value].shape));
    }
    const ports = program.outputs.toSorted((a, b) => (a.name < b.name ? -1 : 1)); // as createLayout sorts
    const sizes = ports.map(({ value }) => sizeOf(program.values[value].shape));
    const result = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
    const outputs: Record<string, Float32Array> = {};
    let offset = 0;
    for (const [i, { name }] of ports.entries()) {
      outputs[name] = result.subarray(offset, offset + sizes[i]);
      offset += sizes[i];
    }
    const executable = await engine.prepare(program, { inputs, outputs, steady, isOccasional: isRare });
    return { program, executable, inputs, outputs, result };
  }

  async function fillInputs(
    task: Exclude<Computation, { kind: "features" | "evaluate" }>,
  ): Promise<Prepared> {
    switch (task.kind) {
      case "phase":
      case "diagnose": {
        const own = await ready(plan.phases[task.phase].program);
        phaseInputs.fill(own, task);
        fillNowInputs(own.program, own.inputs, task.now);
        return own;
      }
      case "generate": {
        const own = await ready(plan.generate!.program);
        const { seed, latentSize } = plan;
        const { first, images, whole } = task;
        const columns = own.inputs["labels"] ? classColumns(train.classes, whole.images) : null;
        fillGeneratorInputs(own.program, own.inputs, {
          seed,
          latentSize,
          classes: train.classes,
          first,
          images,
          piece: { of: whole.first, size: plan.generate!.atOnce },
          columns,
          ...(task.now && { now: task.now }),
        });
        return own;
      }
      case "probe": {
        const { program, batch } = plan.probe!;
        const own = await ready(program);
        const first = task.position + task.first;
        const ids = (i: number): number => order.idAt(first + i);
        const { samples, labels, noise } = own.inputs;
        if (samples) trainSamples.fill(samples, ids, batch);
        if (labels) fillLabels(labels, train, classOf, ids, batch);
        fillNowInputs(own.program, own.inputs, task.now);
        const path = ["probe", task.step, task.first];
        if (noise) stream(plan.seed, "noise", ...path).fillNormal(noise);
        fillRandomInputs(own.program, own.inputs, plan.seed, ["op", ...path]);
        return own;
      }
      default:
        return task satisfies never;
    }
  }

  /** Draws what this thread will begin the next round with: the shard that it has begun this one with, as far as is known. */
  function drawAhead(task: PhaseTask): void {
    const next = { ...roundAfter(plan.phases, task), shard: begunWith.shard };
    const { program, shards } = plan.phases[next.phase];
    if (next.shard < shards) phaseInputs.drawAhead(prepared.get(program)!, next);
  }

  let begunWith = { phase: -1, step: -1, shard: 0 };
  let ahead: NodeJS.Immediate | undefined;

  return async (task) => {
    clearImmediate(ahead); // the arrays are this task's until it is done
    if (task.kind === "ready") return;
    if (task.weights) {
      const changed = staging.take(task.weights);
      if (changed.size > 0) for (const { executable } of prepared.values()) executable.refresh?.(changed);
    }
    if (task.kind === "features") {
      if (!(await gate.pass(() => features!(task)))) throw closing();
      return;
    }
    if (task.kind === "evaluate") {
      task.output.fill(0);
      for (const piece of piecesOf(task.samples, plan.evaluate!.atOnce)) await evaluatePiece(task, piece);
      return;
    }
    const own = await fillInputs(task);
    if (task.kind === "diagnose") {
      const { program, inputs } = own;
      const find = (): Promise<void> => diagnose(engine, { program, inputs, output: task.output });
      if (!(await gate.pass(find))) throw closing();
      return;
    }
    if (!(await gate.pass(() => own.executable.run()))) throw closing();
    copyBytes(task.output, own.result.subarray(0, task.output.length));
    if (task.kind !== "phase") return;
    const { phase, step, shard } = task;
    if (begunWith.phase !== phase || begunWith.step !== step) begunWith = { phase, step, shard };
    if (task.isLast) ahead = setImmediate(drawAhead, task); // when the result is on its way
  };

  /** Adds up what becomes of a piece of the test split's samples, one after the other. */
  async function evaluatePiece(task: Evaluation, { first, images }: Piece): Promise<void> {
    const { program, atOnce } = plan.evaluate!;
    const own = await ready(program);
    const ids = (i: number): number => task.first + first + i;
    testSamples!.fill(own.inputs["samples"], ids, images);
    fillLabels(own.inputs["labels"], test!, classOf, ids, images);
    fillNowInputs(own.program, own.inputs, task.now);
    const piece = { first, size: atOnce };
    fillRandomInputs(own.program, own.inputs, plan.seed, ["evaluation op", task.first], piece);
    if (!(await gate.pass(() => own.executable.run()))) throw closing();
    addEvaluation(own, images, task.output);
  }
}

function closing(): Error {
  return new Error("the pool is closing");
}

/** The last piece may be short: what stands behind its end is of the piece before. */
function addEvaluation({ outputs }: Prepared, samples: number, sums: Float32Array): void {
  if (sums.length !== EVALUATION_SUMS)
    throw new RangeError(`an evaluation has ${EVALUATION_SUMS} sums, not ${sums.length}`);
  for (let i = 0; i < samples; i++) {
    sums[0] += outputs["loss"][i];
    sums[1] += outputs["correct"][i];
  }
}
