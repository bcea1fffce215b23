// Layers that a user's layer keeps and calls itself: their weights are in the layout and are trained, or it is refused.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../../../shared/config/config.ts";
import { viewOf } from "../../../../../shared/protocol/layout.ts";
import { type CompiledRun, compileRun } from "../../../../../coordinator/compiler/compile-run.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { decodeProgram } from "../../../../../shared/program/program.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { saveModel } from "../../../../support/saved-model.ts";

const IMAGES = { imageShape: [2, 3, 1], classes: 0 } as const;

interface Parts {
  /** Of `class Wrap extends tf.layers.Layer`, which gives `units` numbers. */
  readonly members: string;
  readonly units?: number;
  /** Between a dense layer of 4 units and one of 1. */
  readonly layers?: string;
  readonly before?: string;
  readonly losses?: string;
  /** The generator's layers: 100 numbers in, 6 out. */
  readonly drawing?: string;
}

/** Line 1 is `before`, line 2 the generator, line 3 the discriminator. */
const moduleOf = ({
  members,
  units = 3,
  layers = "new Wrap({})",
  before = "",
  losses = "",
  drawing = "tf.layers.dense({ units: 6, inputShape: [100] })",
}: Parts): string =>
  `${before}
export const generator = ({ tf }) => tf.sequential({ layers: [${drawing}, tf.layers.reshape({ targetShape: [2, 3, 1] })] });
export const discriminator = ({ tf }) => { class Wrap extends tf.layers.Layer { ${before.includes("no className") ? "" : 'static className = "Wrap";'} computeOutputShape(shape) { return [...shape.slice(0, -1), ${units}]; } ${members} }
return tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 3, 1] }), tf.layers.dense({ units: 4 }), ${layers}, tf.layers.dense({ units: 1 })] }); }
${losses}`;

async function compile(parts: Parts, seed = 1): Promise<CompiledRun> {
  const file = join(await temporaryFolder(), "model.mjs");
  await writeFile(file, moduleOf(parts));
  const sizes = { batch: 4, shard: 2, sampleCount: 1, length: { kind: "steps", steps: 1 } } as const;
  return compileRun(parseConfig({ model: { kind: "module", file }, seed, ...sizes }), IMAGES);
}

/** The weights of D's middle layers, the gradients that its step gives and does not find zero at once, and the state that it gives. */
function insideOf({ layout, phases, programs }: CompiledRun): Record<string, string[]> {
  const program = decodeProgram(programs.get(phases[0].program)!);
  const constant = new Set(program.constants.map(({ value }) => value));
  const live = program.outputs.filter(({ value }) => !constant.has(value)).map(({ name }) => name);
  const shorten = (names: readonly string[], prefix: string): string[] => {
    const middle = new RegExp(`^${prefix}discriminator/\\d\\d-(?=wrap|outer|timedistributed)`);
    return names.filter((name) => middle.test(name)).map((name) => name.replace(middle, ""));
  };
  const names = layout.slots.map(({ name }) => name);
  return {
    trained: shorten(names, ""),
    gradients: shorten(live, "gradient/"),
    state: shorten(names, "state/"),
    moved: shorten(live, "state/"),
  };
}

const own = (body: string): string => `constructor(config) { super(config); ${body} }`;
const call = (body: string): string => `call(inputs, kwargs) { const x = Array.isArray(inputs) ? inputs[0] : inputs; ${body} }`; // prettier-ignore
const DENSE = "tf.layers.dense({ units: 3 })";
const INNER = own(`this.inner = ${DENSE};`) + call("return this.inner.apply(x, kwargs);");
const both = (...layers: string[]): string[] =>
  layers.flatMap((layer) => [`${layer}/bias`, `${layer}/kernel`]);

describe("weights inside of a custom layer are trained, under the name of", () => {
  test.each<[what: string, parts: Parts, names: string[]]>([
    ["a property, built when it is called", { members: INNER }, both("wrap/inner-dense")],
    ["a property, built in build()", { members: `${INNER} build(shape) { this.inner.build(shape); this.inner.built = true; super.build(shape); }` }, both("wrap/inner-dense")],
    ["a property that is set at the first call", { members: call(`this.inner ??= ${DENSE}; return this.inner.apply(x);`) }, both("wrap/inner-dense")],
    ["a place in an array of objects", { members: own(`this.blocks = [{ a: ${DENSE} }, { a: ${DENSE} }];`) + call("return this.blocks.reduce((y, { a }) => a.apply(y), x);") }, both("wrap/blocks.0.a-dense", "wrap/blocks.1.a-dense")],
    ["keys of a map, also where two look alike", { members: own(`this.map = new Map([["a/b", ${DENSE}], ["a_b", ${DENSE}]]);`) + call("return tf.addN([...this.map.values()].map((layer) => layer.apply(x)));") }, ["wrap/map.a_b-dense/bias", "wrap/map.a_b-dense/bias.2", "wrap/map.a_b-dense/kernel", "wrap/map.a_b-dense/kernel.2"]],
    ["positions in an inner model", { members: own(`this.net = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] }), tf.layers.reLU(), ${DENSE}] });`) + call("return this.net.apply(x, kwargs);") }, both("wrap/net-sequential/00-dense", "wrap/net-sequential/02-dense")],
    ["a custom layer inside a custom layer", { members: INNER, layers: `new (class Outer extends tf.layers.Layer { static className = "Outer"; ${own("this.wrap = new Wrap({});")} ${call("return this.wrap.apply(x, kwargs);")} computeOutputShape([batch]) { return [batch, 3]; } })({})` }, both("outer/wrap-wrap/inner-dense")],
    ["what timeDistributed repeats", { members: INNER, layers: "tf.layers.reshape({ targetShape: [2, 2] }), tf.layers.timeDistributed({ layer: new Wrap({}) }), tf.layers.flatten()" }, both("timedistributed/layer-wrap/inner-dense")],
    ["the order of calls, from a private field and a closure", { members: `#inner; ${own(`this.#inner = ${DENSE};`)} ${call("return outside.apply(this.#inner.apply(x));")}`, before: "let outside;", layers: `(outside = ${DENSE}, new Wrap({}))` }, both("wrap/called.0-dense", "wrap/called.1-dense")],
    ["the first of two layers that share one", { members: own("this.inner = shared;") + call("return this.inner.apply(x);"), before: "let shared;", layers: "(shared = tf.layers.dense({ units: 4 }), new Wrap({})), new Wrap({})", units: 4 }, both("wrap/inner-dense")],
    ["its JavaScript class, where a named layer has no className", { members: INNER.replace("super(config)", "super({ name: 'mine' })"), before: "/* no className */" }, both("wrap/inner-dense")],
    ["addWeight, called at the first call", { members: call("this.w ??= this.addWeight('w', [4, 3], 'float32', tf.initializers.ones(), tf.regularizers.l2()); return tf.matMul(x, this.w.read());") }, ["wrap/w"]],
    ["addWeight, called at the first call of an inner layer", { members: own(`this.inner = new (class Own extends tf.layers.Layer { static className = "Own"; ${call("this.w ??= this.addWeight('w', [4], 'float32', tf.initializers.ones()); return x.mul(this.w.read());")} })({});`) + call("return this.inner.apply(x);"), units: 4 }, ["wrap/inner-own/w"]],
    ["a tf.variable that is a property", { members: `build(shape) { this.k = tf.variable(tf.randomNormal([4, 3])); super.build(shape); } ${call("return tf.matMul(x, this.k);")}` }, ["wrap/k"]],
  ])("%s", async (_what, parts, names) => {
    const { trained, gradients, state } = insideOf(await compile(parts));
    expect(trained).toEqual(names);
    expect(gradients.toSorted()).toEqual(names);
    expect(state).toEqual([]);
  }); // prettier-ignore

  test("they are drawn from the run's seed, each layer its own", async () => {
    const kernels = async (seed: number): Promise<number[]> => {
      const { layout, initialWeights } = await compile({ members: INNER }, seed);
      const slot = layout.slots.find(({ name }) => name === "discriminator/02-wrap/inner-dense/kernel")!;
      return [...viewOf(initialWeights, slot)];
    };
    const [one, again, other] = [await kernels(1), await kernels(1), await kernels(2)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one).size).toBe(12);
  });

  test("they are counted in the summary", async () => {
    const { networks, parameters } = await compile({ members: INNER });
    expect(networks["discriminator"].layers[2]).toMatchObject({ kind: "Wrap", trained: 15, untrained: 0 });
    expect(parameters["discriminator"]).toBe(28 + 15 + 4); // 6 · 4 + 4, 4 · 3 + 3, 3 + 1
    expect(networks["discriminator"].trained).toBe(47);
  });
});

describe("what is not trained is state:", () => {
  const norm = { members: own("this.norm = tf.layers.batchNormalization({ scale: false, center: false });") + call("return this.norm.apply(x, kwargs);"), units: 4 }; // prettier-ignore
  const moving = ["wrap/norm-batchnormalization/moving_mean", "wrap/norm-batchnormalization/moving_variance"];

  test("moving statistics, which each step changes", async () => {
    const { trained, state, moved } = insideOf(await compile(norm));
    expect({ trained, state, moved: moved.toSorted() }).toEqual({
      trained: [],
      state: moving,
      moved: moving,
    });
  });

  test("they begin as the layer made them, whatever was tried with them before", async () => {
    const { layout, initialWeights } = await compile(norm);
    const values = moving.map((name) => {
      const slot = layout.slots.find((one) => one.name === `state/discriminator/02-${name}`)!;
      return [...viewOf(initialWeights, slot)];
    });
    expect(values).toEqual([[0, 0, 0, 0], [1, 1, 1, 1]]); // prettier-ignore
  });

  test.each([
    ["a frozen inner layer", INNER.replace("units: 3", "units: 3, trainable: false"), "new Wrap({})"],
    ["an inner layer of a frozen one", INNER, "new Wrap({ trainable: false })"],
  ])("%s, which no step changes", async (_what, members, layers) => {
    const { trained, state, moved } = insideOf(await compile({ members, layers }));
    expect({ trained, state, moved }).toEqual({ trained: [], state: both("wrap/inner-dense"), moved: [] });
  });
});

test("regularizers and constraints of inner layers hold", async () => {
  const options =
    "kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }), kernelConstraint: tf.constraints.nonNeg()";
  const regularized = await compile({ members: INNER.replace("units: 3", `units: 3, ${options}`) });
  expect(regularized.constraints).toEqual([
    { weight: "discriminator/02-wrap/inner-dense/kernel", constraint: { kind: "nonNegative" } },
  ]);
  const callsOf = ({ phases, programs }: CompiledRun): number =>
    decodeProgram(programs.get(phases[0].program)!).calls.length;
  expect(callsOf(regularized)).toBeGreaterThan(callsOf(await compile({ members: INNER })));
});

test("regularizers of a recurrent layer's cell, which tf.layers forgets, hold", async () => {
  const gru = (options: string): string =>
    `tf.layers.reshape({ targetShape: [2, 2] }), tf.layers.gru({ units: 3, ${options} })`;
  const callsWith = async (options: string): Promise<number> => {
    const { phases, programs } = await compile({ members: INNER, layers: gru(options) });
    return decodeProgram(programs.get(phases[0].program)!).calls.length;
  };
  const penalized = await callsWith("kernelRegularizer: tf.regularizers.l2({ l2: 0.5 })");
  expect(penalized).toBeGreaterThan(await callsWith(""));
});

describe("a module is refused, by layer and line, that", () => {
  const anything = call("return this.inner.apply(x);");
  const objective = (extra: string): string =>
    `export const losses = ({ tf, generator, discriminator, samples, noise }) => { const fake = tf.mean(discriminator(generator(noise)));\n return { discriminator: tf.sub(fake, tf.mean(discriminator(samples))), generator: tf.mul(-1, fake).add(${extra}) }; }`;

  test.each<[what: string, code: string, parts: Parts, ...says: (string | RegExp)[]]>([
    ["computes with a variable of the builder", "MODEL", { members: call("return tf.matMul(x, k);"), before: "let k;", layers: "(k = tf.variable(tf.ones([4, 3])), new Wrap({}))" }, /layer wrap_Wrap\d+ \(Wrap\) of the discriminator computes with a tf.variable of shape \[4, 3\] that no layer holds/, "this.addWeight(…)", "(model.mjs:3)"],
    ["makes a layer in every call", "TRACE", { members: call(`return ${DENSE}.apply(x);`) }, /wrap_Wrap\d+\/dense_Dense\d+ makes a variable inside the step/, "in its constructor or build()", "(model.mjs:3)"],
    ["makes a variable in call", "TRACE", { members: call("this.k ??= tf.variable(tf.ones([4, 3])); return tf.matMul(x, this.k);") }, /wrap_Wrap\d+ makes a variable inside the step/, "this.addWeight(…)", "(model.mjs:3)"],
    ["keeps a tensor of one step for the next", "TRACE", { members: call("this.k ??= tf.randomNormal([4, 3]); return tf.matMul(x, this.k);") }, /matMul in .*wrap_Wrap\d+ computes with a tensor that was kept/, "(model.mjs:3)"],
    ["gives the cell of a wrapper an activityRegularizer", "MODEL", { members: INNER, layers: "new Wrap({}), tf.layers.reshape({ targetShape: [1, 3] }), tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2, activityRegularizer: 'l1l2' }) }), tf.layers.flatten()" }, /layer dense_Dense\d+ \(Dense\) of the discriminator has an activityRegularizer/, "in losses"],
    ["has neither a className nor a name", "MODEL", { members: INNER, before: "/* no className */" }, 'class Wrap needs `static get className() { return "Wrap"; }`', "(model.mjs:3)"],
    ["adds a weight in every call", "MODEL", { members: call("const w = this.addWeight('w', [4], 'float32', tf.initializers.ones()); return x.mul(w.read());"), units: 4 }, /layer wrap_Wrap\d+ \(Wrap\) of the discriminator, .*Duplicate weight name w.*: call addWeight once for each weight, in build\(\)/, "(model.mjs:3)"],
    ["adds a weight of another type", "MODEL", { members: `build() { this.w = this.addWeight("w", [4], "int32", tf.initializers.ones()); } ${call("return x;")}`, units: 4 }, /layer wrap_Wrap\d+ \(Wrap\), .*addWeight\("w", …\) is given the type int32: weights are float32/, "(model.mjs:3)"],
    ["adds a weight with an initializer's name", "MODEL", { members: `build() { this.w = this.addWeight("w", [4], "float32", "zeros"); } ${call("return x;")}`, units: 4 }, /layer wrap_Wrap\d+ \(Wrap\), .*is given the initializer "zeros": .*tf.initializers.zeros\(\)/, "(model.mjs:3)"],
    ["adds a tensor as a loss", "MODEL", { members: call("this.addLoss(tf.mean(x)); return x;"), units: 4 }, /layer wrap_Wrap\d+ \(Wrap\) of the discriminator, .*addLoss is given what is no function: .*in build\(\).*belongs in losses/, "(model.mjs:3)"],
    ["adds a loss in call", "MODEL", { members: call("this.addLoss(() => tf.mean(x)); return x;"), units: 4 }, /layer wrap_Wrap\d+ \(Wrap\) of the discriminator, .*addLoss is called in call\(\): .*in build\(\).*belongs in losses/, "(model.mjs:3)"],
    ["regularizes activations", "MODEL", { members: INNER.replace("units: 3", "units: 3, activityRegularizer: 'l1l2'") }, /layer dense_Dense\d+ \(Dense\) of the discriminator, .*not supported yet: leave activityRegularizer out, and add that penalty in losses/],
    ["overrides apply", "MODEL", { members: "apply(x) { return x; }", units: 4 }, "discriminator of", "override call(), not apply()", "(model.mjs:4)"],
    ["writes to a weight that is trained", "MODEL", { members: own(`this.inner = ${DENSE};`) + call("const y = this.inner.apply(x); this.inner.kernel.write(tf.mul(this.inner.kernel.read(), 0.5)); return y;") }, "weight discriminator/02-wrap/inner-dense/kernel is written to inside the step", "trainable = false"],
    ["keeps a layer of the other network", "MODEL", { members: own("this.inner = shared;") + anything, before: "let shared;", drawing: "tf.layers.dense({ units: 4, inputShape: [100] }), (shared = tf.layers.dense({ units: 6 }))", units: 6 }, /layer dense_Dense\d+ \(Dense\) of the discriminator shares the weight generator\/01-dense\/kernel with the generator/, "a layer of its own"],
    ["keeps one layer in both networks", "MODEL", { members: own("this.inner = shared;") + anything, before: `let shared; const G = (tf) => { shared = tf.layers.dense({ units: 6 }); class Keep extends tf.layers.Layer { static className = "Keep"; ${own("this.inner = shared;")} ${anything} computeOutputShape([batch]) { return [batch, 6]; } } return new Keep({}); };`, drawing: "tf.layers.dense({ units: 4, inputShape: [100] }), G(tf)", units: 6 }, "of the discriminator shares the weight generator/01-keep/inner-dense/kernel with the generator"],
    ["makes a variable in losses", "TRACE", { members: INNER, losses: objective("tf.variable(tf.scalar(0))") }, "losses of model.mjs: ", "makes a variable inside the step", "(model.mjs:6)"],
    ["keeps a variable for its losses", "TRACE", { members: INNER, before: "let k;", layers: "(k = tf.variable(tf.scalar(0)), new Wrap({}))", losses: objective("tf.mul(k, 2)") }, "losses of model.mjs: ", /mul computes with the variable \S+ of shape \[\], which is no weight of a network/, "tf.tensor(variable.dataSync()", "(model.mjs:6)"],
    ["draws with Math.random in call", "TRACE", { members: call("return tf.mul(x, Math.random());"), units: 4 }, /wrap_Wrap\d+ calls Math.random\(\) inside the step/, "tf.randomUniform", "(model.mjs:3)"],
    ["draws with Math.random in losses", "TRACE", { members: INNER, losses: objective("Math.random()") }, "losses of model.mjs: ", "calls Math.random()", "(model.mjs:6)"],
    ["looks at the clock in call", "TRACE", { members: call("return tf.mul(x, Date.now() / 1e12);"), units: 4 }, /phase both is not the same when it is traced a second time \(kernel Multiply in .*wrap_Wrap\d+ computes with 1\.\d+, and then with 1\.\d+\)/],
    ["counts its calls", "TRACE", { members: call("this.n = (this.n ?? 0) + 1; return tf.leakyRelu(x, this.n);"), units: 4 }, /kernel LeakyRelu in .*wrap_Wrap\d+ has alpha \d+, and then \d+/],
    ["takes turns between ops", "TRACE", { members: call("this.odd = !this.odd; return this.odd ? tf.relu(x) : tf.tanh(x);"), units: 4, losses: objective("tf.mean(discriminator(samples))") }, /kernel (Relu|Tanh) in .*wrap_Wrap\d+, and then kernel (Relu|Tanh)/],
    ["draws as it is loaded", "MODEL", { members: call("return tf.mul(x, k);"), units: 4, before: "const k = Math.random();" }, "model.mjs makes other networks each time that it is loaded", /kernel Multiply in .*wrap_Wrap\d+ computes with 0\.\d+, and then with 0\.\d+/, "Math.random() inside of generator()"],
    ["looks at the clock as it is loaded", "MODEL", { members: call("return tf.mul(x, k);"), units: 4, before: "const k = new Date().getTime() / 1e12;" }, "each time that it is loaded"],
    ["seeds an initializer from the clock", "MODEL", { members: INNER.replace("units: 3", "units: 3, kernelInitializer: tf.initializers.randomNormal({ seed: Date.now() })") }, /weight discriminator\/02-wrap\/inner-dense\/kernel begins with \S+, and then with/],
  ])("%s", async (_what, code, parts, ...says) => {
    const error: unknown = await compile(parts).then(() => "it was accepted", (reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    for (const part of says) expect((error as Error).message).toMatch(part);
  }); // prettier-ignore
});

test("a saved network is refused whose inner weights were not saved with it", async () => {
  class Saved extends tfl.layers.Layer {
    static className = "Saved";
    readonly inner = tfl.layers.dense({ units: 3 });
    override computeOutputShape = (): number[] => [null as unknown as number, 3];
    override call = (inputs: tf.Tensor | tf.Tensor[]): tf.Tensor =>
      this.inner.apply([inputs].flat()[0]) as tf.Tensor;
  }
  tf.serialization.registerClass(Saved);
  await useCpuBackend();
  const stack = [
    tfl.layers.flatten({ inputShape: [2, 3, 1] }),
    new Saved({}),
    tfl.layers.dense({ units: 1 }),
  ];
  const file = await saveModel(tfl.sequential({ layers: stack }), await temporaryFolder());
  const networks = { discriminator: file, generator: await generatorFile() };
  const length = { kind: "steps", steps: 1 } as const;
  const error: unknown = await compileRun(
    parseConfig({ model: { kind: "preset", name: "digits" }, networks, length }),
    IMAGES,
  ).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: "MODEL" });
  expect((error as Error).message).toMatch(
    `${file} has no values for discriminator/01-saved/inner-dense/kernel`,
  );
});

async function generatorFile(): Promise<string> {
  const reshape = tfl.layers.reshape({ targetShape: [2, 3, 1] });
  const dense = tfl.layers.dense({ units: 6, inputShape: [100] });
  return saveModel(tfl.sequential({ layers: [dense, reshape] }), await temporaryFolder());
}

test("numbers and tensors that a builder draws follow the seed", async () => {
  const parts = { members: call("return tf.mul(tf.matMul(x, k), r);"), before: "let k, r;", layers: "(k = tf.randomNormal([4, 3]), r = Math.random(), new Wrap({}))" }; // prettier-ignore
  const programs = async (seed: number): Promise<unknown> =>
    decodeProgram([...(await compile(parts, seed)).programs.values()][0]).constants;
  const first = await programs(1);
  expect(await programs(1)).toEqual(first);
  expect(await programs(2)).not.toEqual(first);
});

test("a compiled run leaves no variable behind", async () => {
  const before = Object.keys(tf.engine().registeredVariables).length;
  await compile({ members: INNER });
  expect(Object.keys(tf.engine().registeredVariables)).toHaveLength(before);
});
