// A node in this process that computes what the run's programs say, on the graph engine, without threads of its own.
import type { Dataset } from "../../shared/data/dataset.ts";
import { SampleOrder } from "../../shared/data/sample-order.ts";
import { samplesOf } from "../../shared/data/image-options.ts";
import { fillGeneratorInputs } from "../../shared/program/generator-inputs.ts";
import { fillNowInputs } from "../../shared/program/now-inputs.ts";
import { type Program, arraysFor, decodeProgram } from "../../shared/program/program.ts";
import { piecesOf } from "../../shared/program/pieces.ts";
import { fillRandomInputs } from "../../shared/program/random-inputs.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { type Lease, PROTOCOL_VERSION, type Plan, parsePlan } from "../../shared/protocol/messages.ts";
import { stream } from "../../shared/random/random.ts";
import type { MemoryHub } from "../../shared/transport/memory.ts";
import { TreeSum } from "../../shared/tree-sum.ts";
import { openSamples } from "../../worker/batches.ts";
import type { Executable } from "../../worker/engine/engine.ts";
import { createGraphEngine } from "../../worker/engine/graph/graph-engine.ts";

interface Prepared {
  readonly program: Program;
  readonly inputs: Record<string, Float32Array>;
  readonly outputs: Record<string, Float32Array>;
  readonly executable: Executable;
}

/** Notes in `taken` the samples of every shard that it computes, by step, phase and shard: one may be leased twice. */
export function startComputingNode(
  hub: MemoryHub,
  id: string,
  data: Dataset,
  taken?: Map<string, number[]>,
): void {
  void new ComputingNode(hub, id, data, taken).serve();
}

class ComputingNode {
  readonly #connection;
  readonly #id: string;
  readonly #data: Dataset;
  readonly #taken: Map<string, number[]> | undefined;
  readonly #engine = createGraphEngine("test");
  readonly #programs = new Map<string, Uint8Array>();
  readonly #prepared = new Map<string, Promise<Prepared>>();
  readonly #samples;
  #plan!: Plan;
  #weights!: Float32Array;
  /** One lease after the other: they share their programs' arrays. */
  #work: Promise<void> = Promise.resolve();

  constructor(hub: MemoryHub, id: string, data: Dataset, taken?: Map<string, number[]>) {
    this.#connection = hub.connect(id);
    [this.#id, this.#data, this.#taken] = [id, data, taken];
    this.#samples = openSamples(data);
  }

  async serve(): Promise<void> {
    const about = { engine: "graph", device: "test", arithmetic: "test" };
    await this.#connection.send({
      type: "hello",
      protocol: PROTOCOL_VERSION,
      node: this.#id,
      threads: 1,
      ...about,
    });
    for await (const envelope of this.#connection.receive()) {
      const { message, body } = envelope;
      if (message.type === "welcome") this.#plan = parsePlan(JSON.parse(new TextDecoder().decode(body)));
      else if (message.type === "program")
        this.#programs.set(message.hash, new Uint8Array(body as Uint8Array));
      else if (message.type === "prepare")
        await this.#connection.send({
          type: "ready",
          fingerprint: this.#plan.data.fingerprint,
          prepareMs: 1,
        });
      else if (message.type === "weights") this.#weights = (body as Float32Array).slice();
      else if (message.type === "lease") {
        const given = message.work.kind === "generate" ? (body as Float32Array).slice() : this.#weights;
        this.#work = this.#work.then(() => this.#answer(message, given));
      }
      envelope.release();
    }
  }

  async #answer(lease: Lease, weights: Float32Array): Promise<void> {
    const result = await this.#compute(lease, weights);
    const { id, version } = lease;
    const message = { type: "contribution", lease: id, version, computeMs: 1 } as const;
    await this.#connection.send(message, result).catch(() => undefined); // the run is over
  }

  async #compute({ work }: Lease, weights: Float32Array): Promise<Float32Array> {
    if (work.kind === "generate") {
      const ready = await this.#prepare(this.#plan.generate!.program, weights);
      const { seed, latentSize } = this.#plan;
      const { atOnce: size, imageShape } = this.#plan.generate!;
      const all = new Float32Array(imageShape.reduce((product, each) => product * each, work.images));
      for (const { first, images } of piecesOf(work.images, size)) {
        const drawing = { seed, latentSize, classes: 0, images, piece: { of: work.first, size } };
        fillGeneratorInputs(ready.program, ready.inputs, { ...drawing, first: work.first + first });
        await ready.executable.run();
        const row = all.length / work.images;
        all.set(ready.outputs["images"].subarray(0, images * row), first * row);
      }
      return all;
    }
    if (work.kind !== "phase") throw new Error(`a small run has no ${work.kind}`);
    const { program: hash, contribution, shards, shardSize } = this.#plan.phases[work.phase];
    const order = new SampleOrder(this.#plan.seed, samplesOf(this.#plan.data.images, this.#data.count));
    const sum = new TreeSum(shards, { first: work.first, shards: work.shards });
    for (let shard = work.first; shard < work.first + work.shards; shard++) {
      const { program, inputs, outputs, executable } = await this.#prepare(hash, weights);
      const ids = Array.from({ length: shardSize }, (_, i) =>
        order.idAt(work.position + shard * shardSize + i),
      );
      if (inputs["samples"]) {
        this.#samples.fill(inputs["samples"], (i) => ids[i], shardSize);
        this.#taken?.set([work.step, work.phase, shard].join("/"), ids);
      }
      const path = [work.step, work.phase, shard];
      fillNowInputs(program, inputs, work.now);
      if (inputs["noise"]) stream(this.#plan.seed, "noise", ...path).fillNormal(inputs["noise"]);
      fillRandomInputs(program, inputs, this.#plan.seed, ["op", ...path]);
      await executable.run();
      const vector = new Float32Array(contribution.length);
      for (const slot of contribution.slots) viewOf(vector, slot).set(outputs[slot.name]);
      sum.add({ first: shard, shards: 1 }, vector, () => undefined);
    }
    return sum.take().vector;
  }

  async #prepare(hash: string, weights: Float32Array): Promise<Prepared> {
    if (!this.#prepared.has(hash)) this.#prepared.set(hash, this.#open(hash));
    const ready = await this.#prepared.get(hash)!;
    for (const slot of this.#plan.weights.slots) ready.inputs[slot.name]?.set(viewOf(weights, slot));
    return ready;
  }

  async #open(hash: string): Promise<Prepared> {
    const program = decodeProgram(this.#programs.get(hash)!);
    const [inputs, outputs] = [arraysFor(program, program.inputs), arraysFor(program, program.outputs)];
    return { program, inputs, outputs, executable: await this.#engine.prepare(program, { inputs, outputs }) };
  }
}
