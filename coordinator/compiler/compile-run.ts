// Compiles a run: every phase, the generator's forward pass and the evaluation become programs.
import { type RunConfig, shardsOf } from "../../shared/config/config.ts";
import { type WeightConstraint, constraintsOf, weightClips } from "./models/constraints.ts";
import { findInnerWeights } from "./models/inner-weights.ts";
import { type LayerPlaces, layerPlaces } from "./layer-places.ts";
import { type Layout, createLayout } from "../../shared/protocol/layout.ts";
import { type BuiltNetworks, type ImageSpec, buildNetworks } from "./models/networks.ts";
import { type NetworkSummary, summarizeNetwork } from "./models/summary.ts";
import { type NamedWeight, namedWeights, readWeights, weightsLayout } from "./models/weights.ts";
import { pieceSize } from "../../shared/program/pieces.ts";
import { programFingerprint } from "../../shared/program/program-fingerprint.ts";
import { type Program, encodeProgram, programHash } from "../../shared/program/program.ts";
import type { PhasePlan, Plan } from "../../shared/protocol/messages.ts";
import { withQuietConsole } from "./quiet-console.ts";
import { type Phase, trainingPhases } from "./objectives/phases.ts";
import { checkSettings } from "./objectives/check-settings.ts";
import { ObjectiveState } from "./objectives/objective-state.ts";
import { traceProbe } from "./probe/trace-probe.ts";
import { checkRepeated } from "./repeated-run.ts";
import {
  EVALUATION_BATCH,
  type RunModels,
  traceEvaluation,
  traceGenerator,
  tracePhase,
} from "./objectives/trace-networks.ts";

/** All that a run is, before any worker has joined. */
export interface CompiledRun {
  readonly layout: Layout;
  /** [P], drawn from the run's seed. */
  readonly initialWeights: Float32Array;
  /** What holds for some weights after each update. */
  readonly constraints: readonly WeightConstraint[];
  /** Encoded programs by hash. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  /**
   * Fingerprints of programs that take a whole grid, or a whole lease of an evaluation, at once. Nodes compute in pieces;
   * runs record these, which say the same of the networks whatever the size of a piece.
   */
  readonly whole: { readonly samples: string | null; readonly evaluation: string | null };
  readonly phases: readonly PhasePlan[];
  readonly generate: Plan["generate"];
  readonly evaluate: Plan["evaluate"];
  /** What the guard looks at. */
  readonly probe: Plan["probe"];
  /** Whether a module's own losses say what the networks minimize. */
  readonly hasOwnLosses: boolean;
  /** Layers by the origins of a program's calls. */
  readonly places: LayerPlaces;
  /** Trained parameters by network. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly networks: Readonly<Record<string, NetworkSummary>>;
  /** How long it took to build the networks, to trace every program, and to see that both come out the same again. */
  readonly traceMs: number;
}

/**
 * What a module makes is made twice, and refused where it is not the same: a run would not be the same either when it is
 * repeated or resumed. `built` are networks that are there already, and stay the caller's; without them they are built as the config says.
 *
 * @throws GanglionError MODEL, TRACE or UNSUPPORTED_KERNEL, naming the network and layer
 */
export async function compileRun(
  config: RunConfig,
  images: ImageSpec,
  built?: BuiltNetworks,
): Promise<CompiledRun> {
  const started = performance.now();
  const run = await compileOnce(config, images, built);
  if (!built && config.model.kind === "module") {
    const again = await withQuietConsole(() => compileOnce(config, images, undefined, true));
    checkRepeated(config.model.file, run, again);
  }
  return { ...run, traceMs: performance.now() - started };
}

/** Without the second time: whether that comes out the same is the caller's to see. */
export async function compileOnce(
  config: RunConfig,
  images: ImageSpec,
  built: BuiltNetworks | undefined,
  isRepetition = false,
): Promise<Omit<CompiledRun, "traceMs">> {
  const { networks, losses, now } = built ?? (await buildNetworks(config, images, isRepetition));
  checkSettings(config, losses !== null);
  const found: NamedWeight[] = [];
  const state = new ObjectiveState(config);
  try {
    const inner = await findInnerWeights(networks, config, images, now);
    found.push(...inner.weights);
    const ofLayers = [...namedWeights(networks), ...found];
    const weights = [...ofLayers, ...state.weights];
    const summaries = Object.entries(networks).map(([name, model]) => {
      const own = ofLayers.filter(({ network }) => network === name);
      return [name, summarizeNetwork(model, own)] as const;
    });
    const layout = weightsLayout(weights);
    const initialWeights = readWeights(weights, layout); // before tracing: then they hold symbols
    const traced = await traceAll({
      config,
      images,
      networks,
      losses,
      now,
      state,
      weights,
      inner: inner.layers,
      isRepetition,
    });
    return {
      layout,
      initialWeights,
      constraints: [...constraintsOf(weights), ...weightClips(weights, config.weightClip)],
      ...traced,
      hasOwnLosses: losses !== null,
      places: layerPlaces(networks),
      parameters: parameterCounts(weights),
      networks: Object.fromEntries(summaries),
    };
  } finally {
    state.dispose();
    if (!built) {
      for (const model of Object.values(networks)) model.dispose(); // tfjs keeps a list of all variables
      for (const { variable } of found) variable.read().dispose();
    }
  }
}

type Traced = Pick<CompiledRun, "programs" | "whole" | "phases" | "generate" | "evaluate" | "probe">;

async function traceAll(models: RunModels): Promise<Traced> {
  const { config, images, networks } = models;
  const programs = new Map<string, Uint8Array>();
  const add = (program: Program): string => {
    const encoded = encodeProgram(program);
    const hash = programHash(encoded);
    programs.set(hash, encoded);
    return hash;
  };
  const plans = new Map<Phase, PhasePlan>();
  const phases = trainingPhases(config);
  for (const phase of new Set(phases)) {
    const program = await tracePhase(phase, models);
    plans.set(phase, {
      name: phase.name,
      program: add(program),
      contribution: layoutOf(program),
      shards: shardsOf(config),
      shardSize: config.shard,
      usesSamples: program.inputs.some(({ name }) => name === "samples" || name === "labels"),
      every: phase.every,
    });
  }
  const { generator, classifier } = networks;
  const drawing =
    generator && (await inPieces(config.sampleCount, models, traceGenerator.bind(null, generator)));
  const generate = drawing && {
    program: add(drawing.program),
    batch: config.sampleCount,
    atOnce: drawing.atOnce,
    imageShape: [...images.imageShape],
  };
  const evaluating =
    classifier && (await inPieces(EVALUATION_BATCH, models, traceEvaluation.bind(null, classifier)));
  const evaluate = evaluating && {
    program: add(evaluating.program),
    batch: EVALUATION_BATCH,
    atOnce: evaluating.atOnce,
  };
  const probe = await traceProbe(models);
  return {
    programs,
    whole: { samples: drawing?.whole ?? null, evaluation: evaluating?.whole ?? null },
    phases: phases.map((phase) => plans.get(phase)!),
    generate: generate ?? null,
    evaluate: evaluate ?? null,
    probe: probe && { program: add(probe), batch: config.shard, result: layoutOf(probe) },
  };
}

/** A forward pass for as many images as go through it at once, and the fingerprint of the one that takes all `images`. */
async function inPieces(
  images: number,
  models: RunModels,
  trace: (batch: number, models: RunModels) => Promise<Program>,
): Promise<{ readonly program: Program; readonly atOnce: number; readonly whole: string }> {
  const atOnce = pieceSize(images, models.config.shard);
  const program = await trace(atOnce, models);
  const all = atOnce === images ? program : await trace(images, { ...models, isRepetition: true });
  return { program, atOnce, whole: programFingerprint(encodeProgram(all)) };
}

/** Of its outputs, back to back. */
function layoutOf({ outputs, values }: Program): Layout {
  return createLayout(outputs.map(({ name, value }) => ({ name, shape: values[value].shape })));
}

function parameterCounts(weights: readonly NamedWeight[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { network, trainable, variable } of weights) {
    const size = variable.shape.reduce<number>((product, dimension) => product * dimension!, 1);
    if (trainable) counts[network] = (counts[network] ?? 0) + size;
  }
  return counts;
}
