// Arithmetic of images with numbers for each channel, in few passes: biases, batch normalization and its gradients.
//
// Taken kernel by kernel, batch normalization and its gradient pass some thirty times over an image: tfjs writes out means and
// their gradients as images, and scales by one channel's number after another. Here an image may stay a form,
//
//   Σ ±f ⊙ x + Σ ±c          f, c numbers for each channel
//
// through sums, differences and products with such numbers, which are then computed with themselves, [C]. Its sum over all
// places is one of sums of x. Where the image itself is wanted it is written out, once.
import { util } from "@tensorflow/tfjs-core";
import { type Call, type Program, type ValueSpec, sizeOf } from "../../../../../shared/program/program.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import { movedShape } from "../axis-order/hwbc.ts";
import { CenteredImages } from "./centered-images.ts";
import { channelSum } from "./channel-sum.ts";
import type { Hwbc } from "../lowering.ts";
import {
  type Base,
  type Form,
  isMoved,
  isPlain,
  nameOf,
  negatedForm,
  plainForm,
  productForm,
  scaledForm,
  shiftedForm,
  sumForm,
} from "./form.ts";
import { type Signed, product, summed } from "./vectors.ts";
import { writtenForm } from "./written-form.ts";

type Held = Map<number, string | Hwbc>;

/** Kernels that change no element of a float32 image. */
const SAME_NUMBERS: ReadonlySet<string> = new Set(["Cast", "ExpandDims", "Reshape"]);

export class ChannelForms {
  readonly #builder: GraphBuilder;
  readonly #values: readonly ValueSpec[];
  readonly #held: Held;
  /** Images that are not written out, and constants. */
  readonly #forms = new Map<number, Form>();
  /** Values of C numbers in any shape: as [C]. */
  readonly #vectors = new Map<number, string>();
  readonly #centered = new CenteredImages();
  /** Products with one number: their factors. */
  readonly #multiples = new Map<number, { readonly of: number; readonly by: string }>();

  /** `held` are the values that are written out. */
  constructor(builder: GraphBuilder, { values, constants }: Program, held: Held) {
    [this.#builder, this.#values, this.#held] = [builder, values, held];
    for (const { value, data } of constants) {
      const { shape, dtype } = values[value];
      if (dtype !== "float32" || data.length !== 1) continue;
      const number = builder.scalar(data[0]);
      if (sizeOf(shape) === 1) this.#vectors.set(value, number);
      if (shape.length >= 2) this.#forms.set(value, { terms: [], offsets: [{ name: number, sign: 1 }] });
    }
  }

  /** Takes a call, if its result is a form, or a sum of one; false where it is to be lowered as any other. */
  take(call: Call): boolean {
    const [output] = call.outputs;
    const { shape, dtype } = this.#values[output];
    if (dtype !== "float32" || call.outputs.length !== 1) return false;
    if (SAME_NUMBERS.has(call.kernel)) return this.#reshape(call);
    if (call.kernel === "Sum" || call.kernel === "Mean") return this.#reduce(call);
    if (shape.length < 2 || shape.includes(0)) return false;
    const form = this.#formOf(call);
    if (form) this.#forms.set(output, form);
    return form !== null;
  }

  /** Writes a value out, where that has not been done. */
  settle(value: number): void {
    const form = this.#forms.get(value);
    if (this.#held.has(value) || !form) return;
    const multiple = this.#multiples.get(value);
    const whole = multiple && this.#held.get(multiple.of);
    const nearest: Form = whole
      ? { terms: [{ base: { held: whole }, factor: multiple.by, sign: 1 }], offsets: [] }
      : form;
    const written = writtenForm(this.#builder, nearest, this.#values[value].shape);
    this.#held.set(value, written);
    this.#forms.delete(value);
    this.#centered.noteWritten(form, { held: written });
  }

  #formOf({ kernel, inputs, outputs, attributes }: Call): Form | null {
    const builder = this.#builder;
    switch (kernel) {
      case "FusedBatchNorm": {
        const { x, mean, variance, scale, offset } = inputs;
        const names = [mean, variance, scale, offset].map((value) =>
          value === undefined ? null : this.#vector(value, x),
        );
        const isGiven = (i: number): boolean => names[i] !== null;
        const hasAll = [scale, offset].every((value, i) => value === undefined || isGiven(i + 2));
        if (!isGiven(0) || !isGiven(1) || !hasAll) return null;
        const epsilon = builder.scalar((attributes["varianceEpsilon"] ?? 0.001) as number);
        const deviation = builder.node("Sqrt", [builder.node("Add", [names[1]!, epsilon])]);
        const factor = product(builder, builder.node("Reciprocal", [deviation]), names[2]);
        const centered = this.#centered.shifted(this.#image(x), names[0]!, -1);
        const scaled = scaledForm(builder, centered, factor);
        return names[3] === null ? scaled : shiftedForm(scaled, [{ name: names[3], sign: 1 }]);
      }
      case "Neg": {
        const form = this.#image(inputs["x"]);
        return isPlain(form) ? null : negatedForm(form);
      }
      case "Add":
      case "Sub":
      case "Multiply":
      case "RealDiv":
        return this.#arithmetic(kernel, inputs["a"], inputs["b"], outputs[0]);
      default:
        return null;
    }
  }

  #arithmetic(
    kernel: "Add" | "Sub" | "Multiply" | "RealDiv",
    a: number,
    b: number,
    output: number,
  ): Form | null {
    const builder = this.#builder;
    const isImage = (value: number): boolean =>
      this.#values[value].shape.join() === this.#values[output].shape.join() &&
      this.#values[value].dtype === "float32";
    if (isImage(a) && isImage(b)) {
      // A product of products is one of what is written out.
      if (kernel === "Multiply") for (const value of [a, b]) if (this.#isProduct(value)) this.settle(value);
      const [x, y] = [this.#image(a), this.#image(b)];
      if (isPlain(x) && isPlain(y)) return null;
      switch (kernel) {
        case "Add":
          return sumForm(builder, x, y);
        case "Sub":
          return sumForm(builder, x, negatedForm(y));
        case "Multiply":
          return productForm(builder, x, y);
        case "RealDiv": {
          const by = y.terms.length === 0 ? summed(builder, y.offsets) : null;
          if (!by) return null;
          const quotient = scaledForm(builder, x, builder.node("Reciprocal", [by.name]));
          return by.sign === 1 ? quotient : negatedForm(quotient);
        }
        default:
          return kernel satisfies never;
      }
    }
    const [image, other] = isImage(a) ? [a, b] : [b, a];
    if (!isImage(image) || (image === b && (kernel === "Sub" || kernel === "RealDiv"))) return null;
    const vector = this.#vector(other, image);
    const form = this.#image(image);
    if (vector === null) return null;
    const number = builder.scalarOf(vector);
    const isOne = sizeOf(this.#values[other].shape) === 1;
    const isScaling = kernel === "Multiply" || kernel === "RealDiv";
    if (isPlain(form) && isOne && (number === undefined || !isScaling)) return null; // as cheap by itself
    switch (kernel) {
      case "Add":
        return this.#centered.shifted(form, vector, 1);
      case "Sub":
        return this.#centered.shifted(form, vector, -1);
      case "Multiply":
        if (number !== undefined) this.#multiples.set(output, { of: image, by: vector });
        return scaledForm(builder, form, vector);
      case "RealDiv":
        return scaledForm(
          builder,
          form,
          number === undefined ? builder.node("Reciprocal", [vector]) : builder.scalar(1 / number),
        );
      default:
        return kernel satisfies never;
    }
  }

  #reshape({ inputs, outputs }: Call): boolean {
    const [[input], [output]] = [Object.values(inputs), outputs];
    const [from, to] = [this.#values[input].shape, this.#values[output].shape];
    if (this.#values[input].dtype !== "float32") return false;
    const vector = this.#vectors.get(input);
    if (vector !== undefined && isVector(to) && sizeOf(from) === sizeOf(to))
      this.#vectors.set(output, vector);
    const form = this.#forms.get(input);
    if (!form || to.length < 2) return false;
    // Whatever its shape, all of it is one number.
    const isUniform = form.terms.length === 0 && form.offsets.every(({ name }) => this.#builder.scalarOf(name) !== undefined); // prettier-ignore
    if (!isUniform && (from.join() !== to.join() || this.#held.has(input))) return false;
    this.#forms.set(output, form);
    return true;
  }

  /** Sums and means over all axes but the last. */
  #reduce({ kernel, inputs, outputs, attributes }: Call): boolean {
    const builder = this.#builder;
    const { shape, dtype } = this.#values[inputs["x"]];
    const axes = util.parseAxisParam(
      (attributes["axis"] ?? attributes["reductionIndices"]) as number | number[],
      [...shape],
    );
    const others = shape.length - 1;
    if (dtype !== "float32" || shape.length < 2 || axes.length !== others || axes.includes(others))
      return false;
    if (shape.includes(0)) return false;
    const form = this.#image(inputs["x"]);
    const places = sizeOf(shape) / shape.at(-1)!;
    const parts: Signed[] = form.terms
      .filter(({ base }) => !this.#centered.isBalanced(base))
      .map(({ sign, base, factor }) => ({ sign, name: product(builder, this.#sumOf(base, shape), factor)! }));
    const offset = summed(builder, form.offsets);
    if (offset) {
      const times = product(builder, offset.name, builder.scalar(places)) ?? builder.scalar(1);
      parts.push({ name: times, sign: offset.sign });
    }
    const total = summed(builder, parts) ?? { name: builder.scalar(0), sign: 1 };
    const factor = (kernel === "Sum" ? 1 : 1 / places) * total.sign;
    const sum = product(builder, total.name, builder.scalar(factor))!;
    const isWhole = form.terms.some(({ base }) => !this.#centered.isBalanced(base)); // else it may be one number
    const result = isWhole ? sum : builder.node("Expand", [sum, builder.ints([shape.at(-1)!])]);
    if (kernel === "Mean") this.#centered.noteMean(form, result);
    const to = this.#values[outputs[0]].shape;
    this.#vectors.set(outputs[0], result);
    this.#held.set(outputs[0], to.length === 1 ? result : builder.reshape(result, to));
    return true;
  }

  #sumOf(base: Base, shape: readonly number[]): string {
    const order = isMoved(base) ? "hwbc" : "name";
    const seen = order === "hwbc" ? movedShape(shape) : shape;
    return channelSum(this.#builder, nameOf(this.#builder, base, shape, order), seen);
  }

  #isProduct(value: number): boolean {
    return this.#forms.get(value)?.terms.some(({ base }) => "product" in base) ?? false;
  }

  /** An image as it is best expressed. */
  #image(value: number): Form {
    return this.#forms.get(value) ?? plainForm(this.#held.get(value)!);
  }

  /** As [C] or a scalar, for an image with C channels: a value of so many numbers; null for any other. */
  #vector(value: number, image: number): string | null {
    const { shape, dtype } = this.#values[value];
    const [size, target] = [sizeOf(shape), this.#values[image].shape];
    const isNumbers = dtype === "float32" && isVector(shape) && shape.length <= target.length;
    if (!isNumbers || (size !== target.at(-1) && size !== 1)) return null;
    const known = this.#vectors.get(value);
    if (known !== undefined) return known;
    this.settle(value);
    const held = this.#held.get(value)!;
    const name = typeof held === "string" ? held : held.hwbc;
    const vector = shape.length <= 1 ? name : this.#builder.reshape(name, size === 1 ? [] : [size]);
    this.#vectors.set(value, vector);
    return vector;
  }
}

function isVector(shape: readonly number[]): boolean {
  return shape.slice(0, -1).every((size) => size === 1);
}
