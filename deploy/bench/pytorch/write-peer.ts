// What PyTorch's script needs to do the same work, as a folder: networks and objective, and one step to compare.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compileRun } from "../../../coordinator/compiler/compile-run.ts";
import {
  type BuiltNetworks,
  type ImageSpec,
  buildNetworks,
} from "../../../coordinator/compiler/models/networks.ts";
import { namedWeights } from "../../../coordinator/compiler/models/weights.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { countOperations } from "../../../shared/program/cost.ts";
import { arraysFor, decodeProgram, type Program } from "../../../shared/program/program.ts";
import { fillRandomInputs } from "../../../shared/program/random-inputs.ts";
import { type Layout, viewOf } from "../../../shared/protocol/layout.ts";
import type { PhasePlan } from "../../../shared/protocol/messages.ts";
import { METRIC_PREFIX } from "../../../shared/protocol/slot-names.ts";
import { stream } from "../../../shared/random/random.ts";
import { createGraphEngine } from "../../../worker/engine/graph/graph-engine.ts";
import { describeNetwork } from "./describe-network.ts";
import { atTheStart, peerObjective } from "./objective.ts";

/** Samples of the compared step: enough for batch normalization, and quick with any networks. */
const COMPARED = 4;
const LOSS = `${METRIC_PREFIX}loss/`;

/** What has to come out the same in another system. */
export interface StepFacts {
  /** Trained parameters by network. */
  readonly parameters: Readonly<Record<string, number>>;
  /** First losses by `phase/network`, from the written weights, samples and noise. */
  readonly losses: Readonly<Record<string, number>>;
}

export interface Peer extends StepFacts {
  readonly folder: string;
  /** Floating-point operations of all phases of a step for each sample of the batch, convolutions counted as direct ones. */
  readonly operationsPerSample: number;
}

/** Where a tensor lies in `peer.bin`, in floats. */
interface Place {
  readonly shape: readonly number[];
  readonly offset: number;
}

/**
 * Writes `peer.json` and `peer.bin` into the folder.
 *
 * @throws GanglionError USAGE for networks or objectives that the script cannot have
 */
export async function writePeer(config: RunConfig, images: ImageSpec, folder: string): Promise<Peer> {
  const objective = peerObjective(config);
  const start = atTheStart({ ...config, batch: COMPARED, shard: COMPARED });
  const built = await buildNetworks(start, images);
  try {
    if (built.losses)
      throw new GanglionError(
        "USAGE",
        "PyTorch's script cannot run the losses of a module: measure without --against pytorch, or with networks and --loss",
      );
    const networks = describeAll(built);
    const run = await compileRun(start, images, built);
    const binary = new Floats();
    const weights = binary.addAll(run.layout, run.initialWeights);
    const [phases, losses, operations] = [[] as object[], {} as Record<string, number>, [] as number[]];
    for (const phase of new Set(run.phases)) {
      const program = decodeProgram(run.programs.get(phase.program)!);
      const rounds = run.phases.filter((other) => other === phase).length;
      operations.push((rounds * sum(Object.values(countOperations(program)))) / COMPARED);
      const { inputs, outputs } = await runOnce(program, phase, run);
      const drawn = program.inputs.filter(({ name }) => !(name in weights));
      const places = drawn.map(({ name, value }) => [
        name,
        binary.add(program.values[value].shape, inputs[name]),
      ]);
      phases.push({ name: phase.name, inputs: Object.fromEntries(places) as Record<string, Place> });
      for (const [name, [loss]] of Object.entries(outputs))
        if (name.startsWith(LOSS)) losses[`${phase.name}/${name.slice(LOSS.length)}`] = loss;
    }
    const { imageShape, classes } = images;
    const { latentSize } = config;
    const peer = { ...objective, networks, latentSize, imageShape, classes, weights, phases };
    await writeFile(join(folder, "peer.json"), JSON.stringify(peer));
    await writeFile(join(folder, "peer.bin"), binary.bytes());
    return { folder, parameters: run.parameters, losses, operationsPerSample: sum(operations) };
  } finally {
    for (const model of Object.values(built.networks)) model.dispose();
  }
}

function describeAll({ networks }: BuiltNetworks): Record<string, object> {
  const weights = namedWeights(networks);
  const described = Object.entries(networks).map(([name, model]) => [
    name,
    describeNetwork(name, model, weights),
  ]);
  return Object.fromEntries(described) as Record<string, object>;
}

/** A phase's program from the initial weights, samples in [-1, 1), noise and labels. */
async function runOnce(
  program: Program,
  phase: PhasePlan,
  { layout, initialWeights }: { readonly layout: Layout; readonly initialWeights: Float32Array },
): Promise<Record<"inputs" | "outputs", Record<string, Float32Array>>> {
  const [inputs, outputs] = [arraysFor(program, program.inputs), arraysFor(program, program.outputs)];
  for (const slot of layout.slots) inputs[slot.name]?.set(viewOf(initialWeights, slot));
  const { samples, noise, labels } = inputs;
  if (samples) stream(1, "samples", phase.name).fillUniform(samples);
  samples?.forEach((value, i) => (samples[i] = 2 * value - 1));
  if (noise) stream(1, "noise", phase.name).fillNormal(noise);
  if (labels)
    for (let i = 0; i < COMPARED; i++)
      labels[i * (labels.length / COMPARED) + (i % (labels.length / COMPARED))] = 1;
  fillRandomInputs(program, inputs, 1, ["peer", phase.name]);
  const executable = await createGraphEngine("bench").prepare(program, { inputs, outputs });
  try {
    await executable.run();
  } finally {
    await executable.dispose();
  }
  return { inputs, outputs };
}

/** Tensors back to back. */
class Floats {
  readonly #parts: Float32Array[] = [];
  #length = 0;

  add(shape: readonly number[], data: Float32Array): Place {
    const place = { shape: [...shape], offset: this.#length };
    this.#parts.push(data);
    this.#length += data.length;
    return place;
  }

  addAll({ slots }: Layout, vector: Float32Array): Record<string, Place> {
    return Object.fromEntries(slots.map((slot) => [slot.name, this.add(slot.shape, viewOf(vector, slot))]));
  }

  bytes(): Uint8Array {
    return Buffer.concat(
      this.#parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
    );
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
