// What a run would be, computed from its config and data; nothing is started, nothing is written.
import { checkBatch } from "../../coordinator/run-checks.ts";
import { samplesIn, stepsOf } from "../../coordinator/plan.ts";
import { divideShards } from "../../coordinator/leases/speed/shares.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { type Formula, objectiveFormulas } from "../../shared/config/objectives/formulas.ts";
import type { DatasetSummary } from "../../shared/data/dataset.ts";
import { samplesOf } from "../../shared/data/image-options.ts";
import { summarizeDataset } from "../../shared/data/load.ts";
import type { NetworkSummary } from "../../coordinator/compiler/models/summary.ts";
import { type StartWarning, startWarnings } from "../../coordinator/compiler/start-warnings.ts";
import type { ConfigDraft } from "../flags/config-from-flags.ts";
import { type CompiledRun, compileRun } from "../../coordinator/compiler/compile-run.ts";
import { trainingPhases } from "../../coordinator/compiler/objectives/phases.ts";
import {
  type Footprint,
  type Operations,
  countOperations,
  measureFootprint,
} from "../../shared/program/cost.ts";
import { machineMemory, usualDataMemory } from "../../shared/data/memory-bound.ts";
import { type DiskUse, diskUse } from "./disk-use.ts";
import { type MemoryUse, memoryUse } from "./memory-use.ts";
import { type MemoryWarning, memoryWarnings } from "./memory-warnings.ts";
import { decodeProgram } from "../../shared/program/program.ts";
import { alignedBlocks } from "../../shared/tree-sum.ts";

/** With --json this is printed as it is. Memory and traffic are in bytes, operations in GFLOP. */
export interface DryRun {
  readonly config: RunConfig;
  readonly data: DatasetSummary;
  readonly steps: number;
  /** The warnings that the run would start with. */
  readonly warnings: readonly (StartWarning | MemoryWarning)[];
  readonly networks: Readonly<Record<string, NetworkSummary>>;
  /** The networks with batch normalization, and the samples whose statistics it takes: one shard; null without any. */
  readonly batchNormalization: { readonly networks: readonly string[]; readonly samples: number } | null;
  /** A module's, which then decide what is minimized, and not the config. */
  readonly hasOwnLosses: boolean;
  /** What the networks minimize, by names; null for a classifier, and where a module has losses of its own. */
  readonly objective: readonly Formula[] | null;
  readonly phases: readonly PhaseReport[];
  /** Of all phases and shards. */
  readonly gflopPerStep: Operations & { readonly total: number };
  readonly memoryPerThread: {
    /** The thread itself; 0 where nothing is predicted. */
    readonly base: number;
    /** The thread's copy of all weights. */
    readonly weights: number;
    /** `isOccasional`: what it computes with, `peak`, is given back after each run, and not in the total. */
    readonly programs: readonly (Footprint & { readonly name: string; readonly isOccasional: boolean })[];
    readonly total: number;
  };
  /** Of the whole run on this machine; null with engines and devices for which nothing is predicted. */
  readonly memory: Omit<MemoryUse, "thread"> | null;
  /** The vectors that travel over ws or nats in each phase, all nodes together. */
  readonly wire: { readonly workers: number; readonly threads: number; readonly rounds: readonly Round[] };
  readonly disk: DiskUse;
  readonly traceMs: number;
}

export interface PhaseReport {
  readonly name: string;
  readonly trains: readonly string[];
  readonly shards: number;
  readonly shardSize: number;
  /** Steps from one of its rounds to the next. */
  readonly every: number;
  /** What its program computes the gradient of. */
  readonly computes: string;
  /** Whether it takes new samples. */
  readonly usesSamples: boolean;
  /** Kernel calls of its program. */
  readonly calls: number;
}

export interface Round {
  readonly phase: string;
  /** New weights, once to each node. */
  readonly weights: number;
  /** Sums of gradients, one for each block of shards. */
  readonly gradients: number;
}

export interface Workers {
  readonly workers: number;
  readonly threads: number;
}

export interface DryRunOptions extends Workers {
  /** Images of more bytes stay in their file. */
  readonly dataMemory?: number;
  /** Whether the graph engine computes on the CPU: its memory is known. By default it does. */
  readonly isGraphOnCpu?: boolean;
  /** Bytes; by default this machine's. */
  readonly machine?: number;
}

/** @throws GanglionError CONFIG, DATA, MODEL, TRACE, UNSUPPORTED_KERNEL as a run of this config would */
export async function dryRun(draft: ConfigDraft, options: DryRunOptions): Promise<DryRun> {
  const { workers, threads, dataMemory = usualDataMemory(), machine = machineMemory() } = options;
  const { data: source, images } = draft.config;
  const { summary: data, warnings: noticed } = await summarizeDataset(source, "train", { images });
  const config = draft.forData(data);
  checkBatch(config, data);
  const compiled = await compileRun(config, { ...data, warnings: noticed });
  const { phases, layout, networks, traceMs } = compiled;
  const names = trainingPhases(config);
  const weights = layout.length * Float32Array.BYTES_PER_ELEMENT;
  const normalized = Object.keys(networks).filter((name) => networks[name].batchNormalization.length > 0);
  const steps = stepsOf(compiled, config, samplesOf(config.images, data.count));
  const use =
    options.isGraphOnCpu === false
      ? null
      : memoryUse(compiled, config, data, { threads: workers * threads, dataMemory, steps });
  return {
    config,
    data,
    steps,
    warnings: [
      ...noticed.map((message) => ({ code: "DATA" as const, message })),
      ...startWarnings(compiled, config, samplesIn(compiled, config, 0, steps)),
      ...memoryWarnings(use, config, machine),
    ],
    networks,
    batchNormalization: normalized.length > 0 ? { networks: normalized, samples: config.shard } : null,
    hasOwnLosses: compiled.hasOwnLosses,
    objective: config.task === "classifier" || compiled.hasOwnLosses ? null : objectiveFormulas(config),
    phases: phases.map(({ name, program, shards, shardSize, every, usesSamples }, i) => ({
      name,
      trains: names[i].trains,
      shards,
      shardSize,
      every,
      computes: names[i].penalty ?? (names[i].trains.length > 1 ? "their losses" : "its loss"),
      usesSamples,
      calls: programOf(compiled, program).calls.length,
    })),
    gflopPerStep: gflopPerStep(compiled),
    memoryPerThread: use ? predictedThread(compiled, use) : leastThread(compiled),
    memory: use && wholeOf(use),
    wire: {
      workers,
      threads,
      rounds: phases.map(({ name, shards, contribution }) => ({
        phase: name,
        weights: workers * weights,
        gradients:
          blocks(shards, { workers, threads }) * contribution.length * Float32Array.BYTES_PER_ELEMENT,
      })),
    },
    disk: diskUse(config, layout, steps),
    traceMs: Math.round(traceMs),
  };
}

function programOf({ programs }: CompiledRun, hash: string): ReturnType<typeof decodeProgram> {
  return decodeProgram(programs.get(hash)!);
}

function gflopPerStep(compiled: CompiledRun): DryRun["gflopPerStep"] {
  const sum = { convolution: 0, matmul: 0, rest: 0 };
  for (const { program, shards, every } of compiled.phases) {
    const { convolution, matmul, rest } = countOperations(programOf(compiled, program));
    const rounds = shards / every; // on average
    sum.convolution += (rounds * convolution) / 1e9;
    sum.matmul += (rounds * matmul) / 1e9;
    sum.rest += (rounds * rest) / 1e9;
  }
  return { ...sum, total: sum.convolution + sum.matmul + sum.rest };
}

/** Every program once, whatever number of phases runs it, by what it is for. */
function namesOf({ phases, generate, evaluate, probe }: CompiledRun): ReadonlyMap<string, string> {
  const names = new Map<string, string>(phases.map(({ name, program }) => [program, name]));
  if (generate) names.set(generate.program, "samples");
  if (evaluate) names.set(evaluate.program, "evaluation");
  if (probe) names.set(probe.program, "probe");
  return names;
}

function predictedThread(compiled: CompiledRun, { thread }: MemoryUse): DryRun["memoryPerThread"] {
  const programs = [...namesOf(compiled)].map(([hash, name]) => {
    const { ports, constants, values, isOccasional } = thread.programs.get(hash)!;
    return { name, ports, constants, peak: values, isOccasional };
  });
  return { base: thread.base, weights: thread.weights, programs, total: thread.kept };
}

/** What any executor needs. */
function leastThread(compiled: CompiledRun): DryRun["memoryPerThread"] {
  const { layout } = compiled;
  const inputs = new Set(layout.slots.map(({ name }) => name));
  const weights = layout.length * Float32Array.BYTES_PER_ELEMENT;
  const programs = [...namesOf(compiled)].map(([hash, name]) => ({
    name,
    ...measureFootprint(programOf(compiled, hash), inputs),
    isOccasional: false,
  }));
  const total = programs.reduce((sum, { ports, constants, peak }) => sum + ports + constants + peak, weights);
  return { base: 0, weights, programs, total };
}

function wholeOf({ coordinator, images, threads, occasional, total }: MemoryUse): DryRun["memory"] {
  return { coordinator, images, threads, occasional, total };
}

/** Blocks that the shards of a phase are leased in, each answered with one vector. */
function blocks(shards: number, { workers, threads }: Workers): number {
  const nodes = Array.from({ length: workers }, () => ({ threads }));
  return divideShards(shards, nodes).flatMap(({ first, end }) => alignedBlocks(first, end, shards)).length;
}
