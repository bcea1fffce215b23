// How long each metric takes on one core: `npx jiti tests/bench/metrics/metrics.ts`, about two minutes.
import { cpus, loadavg } from "node:os";
import type { Features } from "../../../coordinator/metrics/features.ts";
import { pairwiseDiversity } from "../../../coordinator/metrics/diversity.ts";
import { frechetDistance } from "../../../coordinator/metrics/frechet-distance.ts";
import { kernelDistance } from "../../../coordinator/metrics/kernel-distance.ts";
import { manifoldMetrics } from "../../../coordinator/metrics/manifold.ts";
import { momentsOf } from "../../../coordinator/metrics/moments.ts";
import { mongeDistance } from "../../../coordinator/metrics/sliced-wasserstein.ts";
import { normalFeatures } from "../../support/normal-features.ts";

const seed = 1;
process.stdout.write(
  `${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}\n\n` +
    "| images × features | moments | Fréchet | kernel | precision … coverage | diversity | MIND |\n" +
    "|---|---|---|---|---|---|---|\n",
);
for (const [count, size] of [
  [10_000, 128],
  [5_000, 2_048],
]) {
  const real = normalFeatures({ seed, count, size });
  const generated = normalFeatures({ seed: 2, count, size, mean: 0.1 });
  process.stdout.write(`| ${count} × ${size} | ${(await row(real, generated)).join(" | ")} |\n`);
}

async function row(real: Features, generated: Features): Promise<readonly string[]> {
  const moments = [await momentsOf(real), await momentsOf(generated)] as const;
  return [
    await secondsOf(() => momentsOf(real)),
    await secondsOf(() => frechetDistance(...moments)),
    await secondsOf(() => kernelDistance(real, generated, { seed })),
    await secondsOf(() => manifoldMetrics(real, generated, { seed })),
    await secondsOf(() => pairwiseDiversity(real, { seed })),
    await secondsOf(() => mongeDistance(real, generated, { seed })),
  ];
}

async function secondsOf(metric: () => unknown): Promise<string> {
  const began = performance.now();
  await metric();
  return `${((performance.now() - began) / 1000).toFixed(2)} s`;
}
