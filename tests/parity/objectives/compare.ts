// One step of every case in Ganglion and in PyTorch, from the same weights, noise and draws: how far they are apart.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Tensor,
  decodeSafetensors,
  encodeSafetensors,
} from "../../../coordinator/records/files/safetensors.ts";
import { usedRegularizers } from "../../../coordinator/compiler/objectives/regularizers/regularizers.ts";
import type { LossName } from "../../../shared/config/objectives/losses.ts";
import { type ComputedPhase, computePhases, objectiveConfig } from "../../support/objective-step.ts";
import { PYTHON } from "../pytorch.ts";
import { CASES, STATE } from "./cases.ts";

const run = promisify(execFile);

export interface Agreement {
  readonly loss: LossName;
  readonly column: string;
  /** The largest relative difference of a loss, a gradient or a new average. */
  readonly difference: number;
  /** Of which output. */
  readonly worst: string;
  /** Outputs compared. */
  readonly count: number;
}

/** Files lie in `folder`. PyTorch computes in double precision. */
export async function compareObjectives(
  folder: string,
): Promise<{ readonly agreements: readonly Agreement[]; readonly torch: string }> {
  const tensors = new Map<string, Tensor>();
  const about: object[] = [];
  const computed: ComputedPhase[][] = [];
  for (const [i, { networks, changes }] of CASES.entries()) {
    const config = objectiveConfig(changes, networks);
    const phases = await computePhases(config, { values: STATE });
    computed.push(phases);
    const lazy = usedRegularizers(config).filter(({ every }) => every > 1);
    about.push({
      networks,
      loss: config.loss,
      regularizers: config.regularizers,
      phases: phases.map(({ plan }) => ({
        name: plan.name,
        every: plan.every,
        penalty: lazy.find(({ name }) => plan.name.endsWith(` ${name}`))?.name ?? null,
        outputs: Object.fromEntries(
          plan.contribution.slots
            .filter(({ name }) => isCompared(name))
            .map(({ name, shape }) => [name, shape]),
        ),
      })),
    });
    for (const { plan, program, inputs } of phases)
      for (const { name, value } of program.inputs) {
        const shape = program.values[value].shape;
        tensors.set(`${i}/${plan.name}/${name}`, { dtype: "F32", shape, data: inputs[name] });
      }
  }
  const [given, out] = ["given", "torch"].map((name) => join(folder, `objectives-${name}.safetensors`));
  await writeFile(given, encodeSafetensors({ tensors, metadata: { cases: JSON.stringify(about) } }));
  const script = fileURLToPath(new URL("../pytorch/objectives.py", import.meta.url));
  await run(PYTHON, ["-B", script, "--inputs", given, "--out", out]);
  const theirs = decodeSafetensors(await readFile(out), out);
  const agreements = computed.map((phases, i) => {
    const { loss, column } = CASES[i];
    const differences = phases.flatMap(({ plan, outputs }) => {
      const expected = (name: string): Float32Array =>
        theirs.tensors.get(`${i}/${plan.name}/${name}`)!.data as Float32Array;
      return differencesOf(outputs, expected).map(([name, size]) => [`${plan.name}: ${name}`, size] as const);
    });
    const [worst, difference] = differences.reduce((most, one) => (one[1] > most[1] ? one : most));
    return { loss, column, difference, worst, count: differences.length };
  });
  return { agreements, torch: theirs.metadata["torch"] };
}

/** Moving statistics are the networks' affair, scores for people. */
function isCompared(name: string): boolean {
  return name.startsWith("gradient/") || name.startsWith("metric/loss/") || name.includes("/objective/");
}

/**
 * Of a number |a − b| / max(1, |b|); of a gradient ‖a − b‖ / ‖b‖, where a weight's is not less than a hundredth of its
 * network's: what cancels out has no digits to compare.
 */
function differencesOf(
  outputs: Readonly<Record<string, Float32Array>>,
  expected: (name: string) => Float32Array,
): [name: string, difference: number][] {
  const names = Object.keys(outputs).filter(isCompared);
  const wholes = new Map<string, number>();
  for (const name of names.filter((one) => one.startsWith("gradient/"))) {
    const network = name.split("/")[1];
    wholes.set(network, Math.hypot(wholes.get(network) ?? 0, ...expected(name)));
  }
  return names.map((name) => {
    const [actual, wanted] = [outputs[name], expected(name)];
    const distance = Math.hypot(...actual.map((value, i) => value - wanted[i]));
    if (!name.startsWith("gradient/")) return [name, distance / Math.max(1, Math.hypot(...wanted))];
    const whole = wholes.get(name.split("/")[1])!;
    const size = Math.max(Math.hypot(...wanted), whole / 100);
    const isFinite = actual.every(Number.isFinite) && actual.length === wanted.length;
    return [name, isFinite ? distance / (size || 1) : Number.POSITIVE_INFINITY];
  });
}
