// The same features measured by the packages whose numbers are published: scipy, prdc, pytorch-fid, torch-fidelity.
// GANGLION_PYTHON names a Python that has them (default: python3); what it lacks is told and not compared.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Features, Predictions } from "../../../../../coordinator/metrics/features.ts";
import { frechetDistance } from "../../../../../coordinator/metrics/frechet-distance.ts";
import { inceptionScore } from "../../../../../coordinator/metrics/inception-score.ts";
import { kernelDistance } from "../../../../../coordinator/metrics/kernel-distance.ts";
import { manifoldMetrics } from "../../../../../coordinator/metrics/manifold.ts";
import { momentsOf } from "../../../../../coordinator/metrics/moments.ts";
import { normalFeatures } from "../../../../support/normal-features.ts";

interface Case {
  readonly name: string;
  readonly real: Features;
  readonly generated: Features;
  readonly predictions: Predictions;
}

interface Measured {
  /** Packages that cannot be imported, and why. */
  readonly missing: Readonly<Record<string, string>>;
  /** By case, then by "package: metric"; null where the package's value is not finite. */
  readonly values: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

const CASES: readonly Case[] = [
  caseOf("independent features", 800, 800, 48, (x) => x),
  caseOf("features like those behind a ReLU", 700, 700, 64, mixed),
  caseOf("fewer images than features", 60, 90, 100, mixed),
];

const python = process.env["GANGLION_PYTHON"] ?? "python3";
const measured = measureWithPackages();
for (const [name, why] of Object.entries(measured.missing))
  process.stdout.write(`metrics are NOT compared with ${name}: ${python}: ${why}\n`);

describe.each(CASES)("$name:", ({ name, real, generated, predictions }) => {
  const theirs = Object.entries(measured.values[name] ?? {}).filter(([, value]) => value !== null);

  test.skipIf(theirs.length === 0)("every metric agrees with the packages", async () => {
    const ours = await measure(real, generated, predictions);
    for (const [label, value] of theirs) {
      const metric = label.slice(label.indexOf(": ") + 2);
      const { value: own, tolerance } = ours(label, metric);
      expect(Math.abs(own - value!), `${label} ${value}, ours ${own}`).toBeLessThanOrEqual(tolerance);
    }
  });
});

/** Our value of a package's metric, and how far apart the two may be. */
type Ours = (label: string, metric: string) => { readonly value: number; readonly tolerance: number };

async function measure(real: Features, generated: Features, predictions: Predictions): Promise<Ours> {
  const frechet = await frechetDistance(await momentsOf(real), await momentsOf(generated));
  const kernel = (await kernelDistance(real, generated, { seed: 1, subsetSize: 10_000 })).mean;
  const manifold = await manifoldMetrics(real, generated, { seed: 1 });
  const score = inceptionScore(predictions, { seed: 1, splits: 1 }).mean;
  const singular = Math.min(real.count, generated.count) <= real.size;
  return (label, metric) => {
    switch (metric) {
      case "Fréchet":
        // Of a singular product the packages take the root of rounding too: half of float64's digits are left.
        return { value: frechet, tolerance: (singular ? 1e-6 : 1e-10) * Math.abs(frechet) };
      case "Fréchet, symmetric":
        // Half of float64's digits where eigenvalues are 0: 1e-8 of the largest, for each feature.
        return { value: frechet, tolerance: (singular ? 1e-6 : 1e-10) * Math.abs(frechet) };
      case "kernel":
        return { value: kernel, tolerance: 1e-10 * Math.abs(kernel) }; // sums of 10^6 numbers in float64
      case "Inception score":
        return { value: score, tolerance: 1e-6 }; // its probabilities pass through a softmax again
      case "precision":
      case "recall":
      case "density":
      case "coverage":
        return { value: manifold[metric], tolerance: 1e-7 }; // counts, divided; torch-fidelity in float32
      default:
        throw new Error(`${label} is compared with nothing`);
    }
  };
}

function measureWithPackages(): Measured {
  const folder = mkdtempSync(join(tmpdir(), "ganglion-metrics-"));
  try {
    const cases = CASES.map(({ name, real, generated, predictions }, i) => {
      const parts = [
        [`${i}-real`, real.values, [real.count, real.size]],
        [`${i}-generated`, generated.values, [generated.count, generated.size]],
        [`${i}-predictions`, predictions.values, [predictions.count, predictions.classes]],
      ] as const;
      for (const [file, values] of parts) writeFileSync(join(folder, file), values);
      return { name, files: parts.map(([file, , shape]) => [file, shape]) };
    });
    writeFileSync(join(folder, "cases.json"), JSON.stringify(cases));
    const script = fileURLToPath(new URL("measure.py", import.meta.url));
    const stdio = ["ignore", "pipe", "inherit"] as const;
    return JSON.parse(
      execFileSync(python, [script, folder], { encoding: "utf8", stdio: [...stdio] }),
    ) as Measured;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { missing: { "any package": "there is no such program" }, values: {} };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function caseOf(
  name: string,
  reals: number,
  count: number,
  size: number,
  map: (features: Features) => Features,
): Case {
  const real = map(normalFeatures({ seed: 1, count: reals, size }));
  const generated = map(normalFeatures({ seed: 2, count, size, mean: 0.2, deviation: 1.1 }));
  return { name, real, generated, predictions: softmax(normalFeatures({ seed: 3, count: 300, size: 10 })) };
}

/** ReLU of running sums: correlated, not negative, of very different variances. */
function mixed(features: Features): Features {
  const { values, size } = features;
  let sum = 0;
  const out = values.map((value, i) => {
    sum = i % size === 0 ? value : 0.8 * sum + value;
    return Math.max(sum, 0) / (1 + (i % size));
  });
  return { ...features, values: out };
}

function softmax({ values, count, size }: Features): Predictions {
  const out = values.map((value) => Math.exp(2 * value));
  for (let row = 0; row < count; row++) {
    const part = out.subarray(row * size, (row + 1) * size);
    const sum = part.reduce((total, value) => total + value, 0);
    part.forEach((value, i) => (part[i] = value / sum));
  }
  return { values: out, count, classes: size };
}
