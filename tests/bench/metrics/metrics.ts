// What each metric costs a core, in CPU seconds whatever else runs: `npx jiti tests/bench/metrics/metrics.ts`, two minutes.
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
  const before = process.cpuUsage();
  await metric();
  const { user, system } = process.cpuUsage(before);
  return `${((user + system) / 1e6).toFixed(2)} s`;
}
