// Games that go wrong on real runs, built so: what the guard says of them, when, and where it is told; and a healthy one.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type JsonEvent, runCli, temporaryFolder } from "../../support/cli.ts";
import { writeIdxFolder } from "../../support/idx-folder.ts";

/** Half a minute where other tests run beside: each run takes a few seconds. */
const SOON = { timeout: 60_000 };

interface Networks {
  /** Layers in front of the generator's, as source text. */
  readonly front?: string;
  /** Its hidden layer. */
  readonly hidden?: string;
  /** What its last bias begins with. */
  readonly bias?: number;
  readonly losses?: string;
}

const LEAKY = "layers.dense({ units: 32 }), layers.leakyReLU({ alpha: 0.2 })";

function moduleOf({
  front = "new Scale({ inputShape: [latentSize] })",
  hidden = LEAKY,
  bias = 0,
  losses = "",
}: Networks): string {
  return `
    const scaled = (tf, factor) => class Scale extends tf.layers.Layer {
      static className = "Scale";
      call(inputs) { return tf.mul([inputs].flat()[0], factor); }
    };
    export function generator({ tf, imageShape, latentSize }) {
      const { layers } = tf;
      const [Scale, Lost, Faint] = [scaled(tf, 1), scaled(tf, 0), scaled(tf, 1e-6)];
      class Signs extends tf.layers.Layer {
        static className = "Signs";
        computeOutputShape([batch]) { return [batch, 2]; }
        call(inputs) { return tf.sign(tf.slice([inputs].flat()[0], [0, 0], [-1, 2])); }
      }
      const biasInitializer = tf.initializers.constant({ value: ${bias} });
      const last = layers.dense({ units: imageShape[0] * imageShape[1], activation: "tanh", biasInitializer });
      return tf.sequential({ layers: [${front}, ${hidden}, last, layers.reshape({ targetShape: imageShape })] });
    }
    export const discriminator = ({ tf, imageShape }) => { const { layers } = tf;
      return tf.sequential({ layers: [layers.flatten({ inputShape: imageShape }), ${LEAKY}, layers.dense({ units: 1 })] }); };
    ${losses}`;
}

const HINGE = `export function losses({ tf, generator, discriminator, samples, noise }) {
  const [real, fake] = [discriminator(samples), discriminator(generator(noise))];
  return { discriminator: tf.relu(tf.sub(1, real)).mean().add(tf.relu(tf.add(1, fake)).mean()), generator: fake.neg().mean() };
}`;

const STANDSTILL = [
  "--generator-learning-rate",
  "1e-9",
  "--discriminator-learning-rate",
  "0.05",
  "--steps",
  "800",
];

test("a healthy game is not warned of", SOON, async () => {
  expect(await warningsOf({})).toEqual([]);
});

test.each([
  ["loses its noise", { front: "new Lost({ inputShape: [latentSize] })" }],
  ["makes next to nothing of it", { front: "new Faint({ inputShape: [latentSize] })" }],
  ["is saturated from the start", { bias: -30 }],
])("a generator that %s has collapsed: told by step 100", SOON, async (_what, networks) => {
  const warnings = await warningsOf(networks);
  const collapse = warnings.find(({ code }) => code === "GENERATOR_COLLAPSE");
  expect(collapse?.message).toMatch(
    /its 64 images of different noise are one picture, they differ by (0|\d.*e-\d+) % of/,
  );
  expect(collapse?.step).toBeLessThanOrEqual(100);
});

test(
  "a generator that takes nothing of the noise but two signs makes four pictures: told by step 150",
  SOON,
  async () => {
    const warnings = await warningsOf({ front: "new Signs({ inputShape: [latentSize] })" });
    const collapse = warnings.find(({ code }) => code === "PARTIAL_COLLAPSE");
    expect(collapse?.message).toMatch(
      / 64 of its 64 images .* near copies of another one, 4 are different, where of 64 images of the data 0 have/,
    );
    expect(collapse?.step).toBeLessThanOrEqual(150);
  },
);

test(
  "a discriminator wins with a hinge loss of the module's own, whose generator stands still",
  SOON,
  async () => {
    const warnings = await warningsOf({ losses: HINGE }, ...STANDSTILL);
    const won = warnings.find(({ code }) => code === "DISCRIMINATOR_WINS");
    expect(won?.message).toMatch(
      /its scores tell 64 real from 64 generated images without a mistake, .* its gradient has fallen from/,
    );
  },
);

test("a discriminator that does not learn loses", SOON, async () => {
  const warnings = await warningsOf({}, "--discriminator-learning-rate", "1e-9", "--steps", "500");
  expect(warnings.map(({ code }) => code)).toContain("DISCRIMINATOR_LOSES");
});

test(
  "a dead ReLU is named, in the events and in the run's status, which keeps it with its step",
  SOON,
  async () => {
    const bias = "tf.initializers.constant({ value: -30 })";
    const hidden = `layers.dense({ units: 32, biasInitializer: ${bias} }), layers.reLU()`;
    const out = await temporaryFolder();
    const warnings = await warningsOf({ hidden }, "--out", out);
    const dead = warnings.find(({ code }) => code === "DEAD_RELU");
    expect(dead?.message).toMatch(
      /^the ReLU of generator\/02-relu is dead: it gives 0 for all of 64 images, and the gradient of generator\/01-dense has been exactly zero in \d+ rounds/,
    );
    const shown = await runCli(["status", "1", "--out", out]);
    expect(shown.stdout).toContain(`  warning since step 100: ${dead?.message}`);
    const [{ warnings: kept }] = (await runCli(["status", "--out", out, "--json"])).events;
    expect(kept).toContainEqual({ code: "DEAD_RELU", message: dead?.message, since: 100, times: 1 });
  },
);

interface Warning {
  readonly code: string;
  readonly message: string;
  /** Steps done when it came. */
  readonly step: number;
}

/** Of 200 steps, unless the flags say otherwise, on 128 images of noise. */
async function warningsOf(networks: Networks, ...flags: string[]): Promise<Warning[]> {
  const folder = await temporaryFolder();
  const model = join(folder, "networks.mjs");
  await writeFile(model, moduleOf(networks));
  const data = await writeIdxFolder(join(folder, "data"), 128, [6, 6, 1], 2);
  const size = ["--batch", "64", "--shard", "32", "--steps", "200", "--learning-rate", "0.001"];
  const common = ["--workers", "1", "--dashboard", "off", "--json", "--out", join(folder, "runs")];
  const { code, events } = await runCli([
    "train",
    "--data",
    data,
    "--model",
    model,
    ...size,
    ...common,
    ...flags,
  ]);
  expect(code).toBe(0);
  let step = 0;
  return events.flatMap((event: JsonEvent) => {
    if (event.event === "step") step = Number(event["step"]);
    const { event: type, code: kind, message } = event;
    return type === "warning" && kind !== "DATA"
      ? [{ code: String(kind), message: String(message), step }]
      : [];
  });
}
