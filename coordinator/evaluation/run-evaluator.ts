// The evaluator of a run: its generator as its config says, its train split, the references of this user.
import type { RunConfig } from "../../shared/config/config.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { Extractor } from "../../shared/evaluation/extractor.ts";
import { decodeProgram } from "../../shared/program/program.ts";
import type { Plan } from "../../shared/protocol/messages.ts";
import type { CompiledRun } from "../compiler/compile-run.ts";
import { Evaluator } from "./evaluator.ts";
import { evaluationCache } from "./reference-cache.ts";

export interface RunToEvaluate {
  readonly config: RunConfig;
  readonly train: Dataset;
  readonly compiled: Pick<CompiledRun, "programs">;
  readonly plan: Pick<Plan, "generate">;
  readonly extractor: Extractor;
  /** What decides the bits of features beside the extractor. */
  readonly numerics: () => string;
  readonly warn: (code: string, message: string) => void;
}

export function runEvaluator(run: RunToEvaluate): Evaluator {
  const { config, train, compiled, plan, extractor, numerics, warn } = run;
  const { inputs } = decodeProgram(compiled.programs.get(plan.generate!.program)!);
  return new Evaluator({
    spec: extractor.spec,
    images: config.evaluateImages,
    seed: config.seed,
    train,
    flip: config.images.flip,
    asked: inputs.some(({ name }) => name === "labels") ? train.classLabels : null,
    numerics,
    cache: evaluationCache(),
    warn: (message) => warn("EVALUATION", message),
  });
}
