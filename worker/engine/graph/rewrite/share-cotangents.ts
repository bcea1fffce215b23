// One backward pass through a network for several losses of the same samples.
//
// Where D says one number of each sample, what a loss sends back through D is, sample by sample, the gradient of that number
// times a factor: the loss's derivative for it. D's loss on generated images, G's loss, R1 and R2 differ in that factor alone,
//
//   dL/dx = s ⊙ ∂D/∂x          s [B], one for each sample
//
// wherever no sample's result depends on another. So ∂D/∂x is computed once, and scaled where it leaves the pass: for the
// gradients of weights, which add up samples, and for the images.
import {
  type Call,
  type Constant,
  type Program,
  type ValueSpec,
  sizeOf,
} from "../../../../shared/program/program.ts";
import { countOperations } from "../../../../shared/program/cost.ts";
import { type Samples, passesScale, sampleAxis } from "./sample-linear.ts";
import { uniformValues } from "./uniform-value.ts";

/** A value as s ⊙ core. */
interface Scaled {
  /** The value that holds s: B elements in any shape. */
  readonly scale: number;
  readonly core: number;
  readonly samples: Samples;
}

/** A call on unscaled operands: what calls of several scales have in common. */
interface CoreCall {
  readonly call: Call;
  readonly scales: Set<number>;
}

/** The same outputs up to rounding; the program itself where nothing is saved. */
export function shareCotangents(program: Program): Program {
  const plan = planOf(program);
  if (![...plan.calls.values()].some(isShared)) return program;
  const shared = new Sharing(program, plan).program();
  return priceOf(shared) < priceOf(program) ? shared : program;
}

function isShared({ scales }: CoreCall): boolean {
  return scales.size > 1;
}

/** Operations of products take a hundredth of the time of one that passes over memory. */
function priceOf(program: Program): number {
  const { convolution, matmul, rest } = countOperations(program);
  return (convolution + matmul) / 100 + rest;
}

interface Plan {
  /** By what they compute. */
  readonly calls: ReadonlyMap<string, CoreCall>;
  /** Of calls, by their results. */
  readonly coreOf: ReadonlyMap<number, CoreCall>;
  readonly scaled: ReadonlyMap<number, Scaled>;
  /** Columns of ones, [B, 1]. */
  readonly ones: readonly Constant[];
  /** The program's, and those of core calls and ones. */
  readonly values: readonly ValueSpec[];
}

/** Follows scales from where they enter, as far as they pass. */
function planOf(program: Program): Plan {
  const values = [...program.values];
  const calls = new Map<string, CoreCall>();
  const coreOf = new Map<number, CoreCall>();
  const scaled = new Map<number, Scaled>();
  const ones = new Map<string, Constant>();
  const roots = new Map<number, number>();
  const rootOf = (value: number): number => roots.get(value) ?? value;
  const onesFor = (column: number): number => {
    const key = values[column].shape.join();
    if (!ones.has(key)) ones.set(key, { value: values.push(values[column]) - 1, data: Float32Array.of(1) });
    return ones.get(key)!.value;
  };
  const add = (call: Call, scale: number, inputs: Call["inputs"], samples: Samples): void => {
    const [output] = call.outputs;
    const key = JSON.stringify([call.kernel, inputs, call.attributes]);
    let core = calls.get(key);
    if (!core) {
      const result = values.push(values[output]) - 1;
      core = { call: { ...call, inputs, outputs: [result] }, scales: new Set() };
      calls.set(key, core);
    }
    core.scales.add(scale);
    coreOf.set(output, core);
    scaled.set(output, { scale, core: core.call.outputs[0], samples });
  };
  for (const call of program.calls) {
    const { kernel, inputs, outputs } = call;
    if (kernel === "Reshape" || kernel === "ExpandDims")
      roots.set(outputs[0], rootOf(Object.values(inputs)[0]));
    const names = Object.keys(inputs).filter((name) => scaled.has(inputs[name]));
    if (names.length > 0) {
      const forms = names.map((name) => scaled.get(inputs[name])!);
      const [{ scale }] = forms;
      const given = new Map(names.map((name, i) => [name, forms[i].samples]));
      const samples = forms.every((form) => form.scale === scale) ? passesScale(call, values, given) : null;
      if (!samples) continue;
      const cores = Object.fromEntries(names.map((name, i) => [name, forms[i].core]));
      add(call, scale, { ...inputs, ...cores }, samples);
    } else if (isOuterProduct(call, values)) {
      const [count, inner] = values[outputs[0]].shape.slice(-2);
      add(call, rootOf(inputs["a"]), { ...inputs, a: onesFor(inputs["a"]) }, { count, inner });
    } else {
      const factor = factorOf(call, values);
      if (!factor) continue;
      const { shape } = values[outputs[0]];
      const samples = { count: shape[0], inner: sizeOf(shape) / shape[0] };
      const { [factor.scale]: scale, [factor.core]: core } = inputs;
      scaled.set(outputs[0], { scale: rootOf(scale), core, samples });
    }
  }
  return { calls, coreOf, scaled, ones: [...ones.values()], values };
}

/** a [B, 1], or [1, B, 1], times a row: a ⊙ (1 · row). */
function isOuterProduct({ kernel, inputs, attributes }: Call, values: readonly ValueSpec[]): boolean {
  if (kernel !== "BatchMatMul" || attributes["transposeA"] === true) return false;
  const [a, b] = [values[inputs["a"]], values[inputs["b"]]];
  const samples = a.shape.at(-2)!;
  return samples > 1 && sizeOf(a.shape) === samples && b.shape.slice(0, -2).every((size) => size === 1);
}

/** A product with a number for each sample: which operand those numbers are, and which they scale. */
function factorOf(
  { kernel, inputs, outputs }: Call,
  values: readonly ValueSpec[],
): { readonly scale: "a" | "b"; readonly core: "a" | "b" } | null {
  if (kernel !== "Multiply" || values[outputs[0]].dtype !== "float32") return null;
  const { shape } = values[outputs[0]];
  const isColumn = (name: string): boolean => {
    const own = values[inputs[name]].shape;
    return own.length === shape.length && own[0] === shape[0] && sizeOf(own) === shape[0];
  };
  const isWhole = (name: string): boolean => values[inputs[name]].shape.join() === shape.join();
  if (sizeOf(shape) <= shape[0] || shape[0] === 1) return null;
  if (isColumn("a") && isWhole("b")) return { scale: "a", core: "b" };
  return isColumn("b") && isWhole("a") ? { scale: "b", core: "a" } : null;
}

/** Writes the program anew, its shared calls once each. */
class Sharing {
  readonly #program: Program;
  readonly #plan: Plan;
  readonly #values: ValueSpec[];
  readonly #calls: Call[] = [];
  readonly #made = new Set<CoreCall>();
  /** Values that are only there as s ⊙ core. */
  readonly #open = new Map<number, Scaled>();
  readonly #uniform: ReadonlyMap<number, number>;

  constructor(program: Program, plan: Plan) {
    [this.#program, this.#plan] = [program, plan];
    this.#values = [...plan.values];
    this.#uniform = uniformValues(program);
  }

  program(): Program {
    const { inputs, constants, calls, outputs } = this.#program;
    for (const call of calls) this.#add(call);
    const ports = outputs.map(({ name, value }) => ({ name, value: this.#whole(value, "") }));
    return {
      values: this.#values,
      inputs,
      constants: [...constants, ...this.#plan.ones],
      calls: this.#calls,
      outputs: ports,
    };
  }

  #add(call: Call): void {
    const [output] = call.outputs;
    const core = this.#plan.coreOf.get(output);
    const form = this.#plan.scaled.get(output);
    if (core && form && isShared(core)) {
      if (!this.#made.has(core)) this.#calls.push({ ...core.call, origin: call.origin });
      this.#made.add(core);
      this.#open.set(output, form);
      return;
    }
    if (form && !core) {
      this.#open.set(output, form); // a product with the scale: made where it is wanted
      return;
    }
    const inputs = Object.entries(call.inputs).map(([name, value]) => [
      name,
      this.#whole(value, call.origin),
    ]);
    this.#calls.push({ ...call, inputs: Object.fromEntries(inputs) as Call["inputs"] });
  }

  /** A value that holds s ⊙ core; the core itself where s is 1. */
  #whole(value: number, origin: string): number {
    const form = this.#open.get(value);
    if (!form) return value;
    if (this.#uniform.get(form.scale) === 1) return form.core;
    const { shape } = this.#values[value];
    const { count, inner } = form.samples;
    const axis = sampleAxis(shape, form.samples);
    // Where the axis of the samples was joined with others, it is taken apart for the product.
    const apart = axis < 0 ? [sizeOf(shape) / count / inner, count, inner] : shape;
    const at = axis < 0 ? 1 : axis;
    const column = apart.map((size, i) => (i === at ? size : 1));
    const [scale, core] = [
      this.#reshaped(form.scale, column, origin),
      this.#reshaped(form.core, apart, origin),
    ];
    const product = axis < 0 ? this.#values.push({ shape: apart, dtype: "float32" }) - 1 : value;
    this.#calls.push({
      kernel: "Multiply",
      inputs: { a: core, b: scale },
      attributes: {},
      outputs: [product],
      origin,
    });
    if (product !== value) this.#reshape(product, value, origin);
    this.#open.delete(value);
    return value;
  }

  #reshaped(value: number, shape: readonly number[], origin: string): number {
    if (this.#values[value].shape.join() === shape.join()) return value;
    const result = this.#values.push({ shape, dtype: "float32" }) - 1;
    this.#reshape(value, result, origin);
    return result;
  }

  #reshape(x: number, result: number, origin: string): void {
    const attributes = { shape: this.#values[result].shape };
    this.#calls.push({ kernel: "Reshape", inputs: { x }, attributes, outputs: [result], origin });
  }
}
