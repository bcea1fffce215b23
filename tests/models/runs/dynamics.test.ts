// Training dynamics on real runs: networks built to explode and to vanish, what the guard says of them, and what helps.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type JsonEvent, runCli, temporaryFolder } from "../../support/cli.ts";
import { CRITIC } from "../../support/diverging.ts";

/** Half a minute where other tests run beside: each run takes about a second. */
const SOON = { timeout: 60_000 };

interface Run {
  readonly code: number | null;
  readonly stderr: string;
  readonly steps: readonly JsonEvent[];
  /** What the guard said. */
  readonly warnings: readonly string[];
}

describe("a critic without bounds, whose loss has no floor", () => {
  test("explodes: the guard names the layer and a remedy, and the run ends with DIVERGED", SOON, async () => {
    const { code, stderr, warnings } = await critic("--learning-rate", "0.03");
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /diverged; start anew with a smaller --learning-rate, or from an earlier checkpoint with --from$/m,
    );
    const grown = warnings.find((message) => message.includes("discriminator/"));
    expect(grown).toMatch(
      /the gradient of discriminator\/0\d-dense has grown to .* times its usual size: .*--change clip-norm=1/,
    );
  });

  test.each([
    ["a smaller rate", "--learning-rate", "0.0003"],
    ["clipping by norm", "--learning-rate", "0.03", "--clip-norm", "1"],
    ["clipping by value", "--learning-rate", "0.03", "--clip-value", "0.1"],
    ["L2", "--learning-rate", "0.03", "--l2", "0.3"],
    ["weight decay", "--learning-rate", "0.03", "--weight-decay", "0.3"],
    ["a smaller rate of both networks", "--learning-rate", "0.03", "--generator-learning-rate", "0.0003", "--discriminator-learning-rate", "0.0003"],
  ])("trains to the end with %s", SOON, async (_remedy, ...flags) => {
    const { code, steps, warnings } = await critic(...flags);
    expect(code).toBe(0);
    expect(steps).toHaveLength(100);
    expect(warnings).toEqual([]);
    expect(normOf(steps.at(-1)!, "discriminator")).toBeLessThan(100); // without, 1e9 by then
  }); // prettier-ignore
});

test(
  "large initial weights explode in two steps, and clipping makes the loss fall instead",
  SOON,
  async () => {
    const layer = 'layers.dense({ units: 16, kernelInitializer: tf.initializers.randomNormal({ stddev: 1 }) }), layers.leakyReLU({ alpha: 0.2 })'; // prettier-ignore
    const flags = ["--optimizer", "sgd", "--learning-rate", "0.1"];
    const without = await train(stack(layer, 8), 60, ...flags);
    expect(without.code).toBe(3);
    expect(without.warnings.join()).toMatch(
      /discriminator\/\d\d-dense is \d.*below 10 is usual: go on with --resume RUN --change clip-norm=1/,
    );
    const clipped = await train(stack(layer, 8), 60, ...flags, "--clip-norm", "1");
    expect(clipped.code).toBe(0);
    expect(lossOf(clipped.steps[0], "discriminator")).toBeGreaterThan(1000);
    expect(lossOf(clipped.steps.at(-1)!, "discriminator")).toBeLessThan(100);
  },
);

describe("eight sigmoids in a row", () => {
  const SIGMOID = 'layers.dense({ units: 16, activation: "sigmoid" })';

  test(
    "let the gradient vanish: the guard names the layer, beside the one that gets it all",
    SOON,
    async () => {
      const { steps, warnings } = await train(
        stack(SIGMOID, 8),
        100,
        "--optimizer",
        "sgd",
        "--learning-rate",
        "0.1",
      );
      expect(warnings[0]).toMatch(
        /the gradient of discriminator\/0[1-4]-dense is .*e-\d, beside .* in discriminator\/09-dense: it vanishes .*--change optimizer=adam/,
      );
      expect(lossOf(steps.at(-1)!, "discriminator")).toBeGreaterThan(0.693); // ln 2: it has learnt nothing
    },
  );

  test("do not vanish as leaky relus, nor with normalization between them", SOON, async () => {
    const leaky = "layers.dense({ units: 16 }), layers.leakyReLU({ alpha: 0.2 })";
    const flags = ["--optimizer", "sgd", "--learning-rate", "0.1"];
    for (const layer of [leaky, `${SIGMOID}, layers.batchNormalization()`]) {
      const { steps, warnings } = await train(stack(layer, 8), 60, ...flags);
      expect(warnings).toEqual([]);
      const norms = Object.entries(layerNormsOf(steps[0])).filter(([name]) => name.endsWith("-dense"));
      const sizes = norms.map(([, norm]) => norm);
      expect(Math.min(...sizes) / Math.max(...sizes)).toBeGreaterThan(0.005); // 1e-5 without
    }
  });

  test(
    "learn with Adam, whose steps do not shrink with the gradient; a larger rate of SGD does not help",
    SOON,
    async () => {
      const adam = await train(stack(SIGMOID, 8), 100, "--optimizer", "adam", "--learning-rate", "0.01");
      expect(lowestLossOf(adam)).toBeLessThan(0.6);
      const sgd = await train(stack(SIGMOID, 8), 100, "--optimizer", "sgd", "--learning-rate", "10");
      expect(lowestLossOf(sgd)).toBeGreaterThan(0.693);
    },
  );
});

test(
  "a discriminator that wins is told to slow down, and rates of one size are the remedy",
  SOON,
  async () => {
    const layers = "layers.dense({ units: 16 }), layers.leakyReLU({ alpha: 0.2 })";
    const rates = (generator: string, discriminator: string): string[] => ["--generator-learning-rate", generator, "--discriminator-learning-rate", discriminator]; // prettier-ignore
    const won = await train(stack(layers, 1), 300, ...rates("1e-6", "0.1"));
    expect(won.warnings[0]).toMatch(
      /the discriminator wins: its recent loss is 0\.00.*--change discriminator-learning-rate=X, a smaller one/,
    );
    const fair = await train(stack(layers, 1), 300, ...rates("0.01", "0.01"));
    expect(fair.warnings).toEqual([]);
    expect(lossOf(fair.steps.at(-1)!, "discriminator")).toBeGreaterThan(0.3);
  },
);

test("the presets' first steps are nothing to warn of", SOON, async () => {
  const flags = ["--preset", "digits", "--batch", "16", "--shard", "8", "--steps", "60"];
  const { code, warnings } = await finish(await temporaryFolder(), flags);
  expect([code, warnings]).toEqual([0, []]);
});

test("stats.jsonl has the norms by layer, and the rate of a schedule", SOON, async () => {
  const out = await temporaryFolder();
  const flags = ["--learning-rate-schedule", "linear", "--warm-up", "2", "--learning-rate", "0.1"];
  const { steps } = await train(stack('layers.dense({ units: 4, activation: "tanh" })', 1), 6, ...flags, "--generator-learning-rate", "0.2", "--out", out); // prettier-ignore
  const lines = (await readFile(join(out, "00001-networks-data", "stats.jsonl"), "utf8")).trim().split("\n");
  const stats = lines.map((line) => JSON.parse(line) as Readonly<Record<string, number>>);
  for (const [i, step] of steps.entries())
    for (const [layer, norm] of Object.entries(layerNormsOf(step)))
      expect(stats[i][`layerGradientNorm/${layer}`]).toBe(norm);
  expect(Object.keys(layerNormsOf(steps[0]))).toEqual([
    "generator/00-dense",
    "discriminator/01-dense",
    "discriminator/02-dense",
  ]);
  // two steps of warm-up, then four from the whole rate down to none
  const rates = (network: string): number[] =>
    steps.map(({ metrics }) => (metrics as Record<string, number>)[`rate/${network}`]);
  for (const [i, part] of [0.5, 1, 1, 0.75, 0.5, 0.25].entries()) {
    expect(rates("discriminator")[i]).toBeCloseTo(0.1 * part, 12);
    expect(rates("generator")[i]).toBeCloseTo(0.2 * part, 12);
  }
  for (const network of ["generator", "discriminator"]) {
    const squares = Object.entries(layerNormsOf(steps[3])).filter(([layer]) => layer.startsWith(network));
    const norm = Math.hypot(...squares.map(([, each]) => each));
    expect(norm / normOf(steps[3], network)).toBeCloseTo(1, 12);
  }
});

async function critic(...flags: string[]): Promise<Run> {
  return train(`${GENERATOR}${CRITIC}`, 100, "--optimizer", "sgd", ...flags);
}

/** A discriminator of `depth` times the same layer, given as source text. */
function stack(layer: string, depth: number): string {
  return `${GENERATOR}
export function discriminator({ tf, imageShape }) {
  const { layers } = tf;
  const hidden = Array.from({ length: ${depth} }, () => [${layer}]).flat();
  return tf.sequential({ layers: [layers.flatten({ inputShape: [...imageShape] }), ...hidden, layers.dense({ units: 1 })] });
}`;
}

const GENERATOR = `export function generator({ tf, imageShape, latentSize }) {
  const { layers } = tf;
  return tf.sequential({
    layers: [layers.dense({ units: 16, activation: "tanh", inputShape: [latentSize] }), layers.reshape({ targetShape: [...imageShape] })],
  });
}`;

/** A run of these networks on 64 images of 4×4, bright above and dark below with some noise. */
async function train(module: string, steps: number, ...flags: string[]): Promise<Run> {
  const folder = await temporaryFolder();
  const data = join(folder, "data");
  await mkdir(data);
  const bytes = Buffer.alloc(16 + 64 * 16);
  [0x803, 64, 4, 4].forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  for (let i = 0; i < 64 * 16; i++) bytes[16 + i] = (i % 16 < 8 ? 200 : 40) + ((i * 7919) % 40);
  await writeFile(join(data, "train-images-idx3-ubyte"), bytes);
  const model = join(folder, "networks.mjs");
  await writeFile(model, module);
  const size = ["--batch", "32", "--shard", "16", "--steps", String(steps)];
  return finish(folder, ["--data", data, "--model", model, ...size, ...flags]);
}

async function finish(out: string, flags: readonly string[]): Promise<Run> {
  const common = ["--workers", "1", "--dashboard", "off", "--json", "--out", out];
  const { code, stderr, events } = await runCli(["train", ...common, ...flags]);
  const said = events.filter(({ event, code: kind }) => event === "warning" && GUARD.has(String(kind)));
  return {
    code,
    stderr,
    steps: events.filter(({ event }) => event === "step"),
    warnings: said.map(({ message }) => String(message)),
  };
}

const GUARD = new Set([
  "EXPLODING_GRADIENT",
  "VANISHING_GRADIENT",
  "GENERATOR_COLLAPSE",
  "PARTIAL_COLLAPSE",
  "DISCRIMINATOR_WINS",
  "DISCRIMINATOR_LOSES",
  "OSCILLATION",
  "DEAD_RELU",
]);

function layerNormsOf(step: JsonEvent): Readonly<Record<string, number>> {
  return step["layerGradientNorms"] as Record<string, number>;
}

function normOf(step: JsonEvent, network: string): number {
  return (step["gradientNorms"] as Record<string, number>)[network];
}

function lossOf(step: JsonEvent, network: string): number {
  return (step["metrics"] as Record<string, number>)[`loss/${network}`];
}

/** Of D: the generator may win it back later. */
function lowestLossOf({ steps }: Run): number {
  return Math.min(...steps.map((step) => lossOf(step, "discriminator")));
}
