// A program while its calls are replaced by others that compute the same.
import {
  type Attribute,
  type Call,
  type DataType,
  type Program,
  isUniform,
  sizeOf,
} from "../../../../shared/program/program.ts";

/** Reads a program, and collects the calls that take others' places. */
export class ProgramEditor {
  readonly #program: Program;
  readonly #values: Program["values"][number][];
  readonly #constants: Program["constants"][number][];
  readonly #makers = new Map<number, Call>();
  readonly #uses = new Map<number, number>();
  readonly #calls: Call[] = [];

  constructor(program: Program) {
    this.#program = program;
    this.#values = [...program.values];
    this.#constants = [...program.constants];
    for (const { value } of program.outputs) this.#use(value);
    for (const call of program.calls.toReversed()) {
      for (const output of call.outputs) this.#makers.set(output, call);
      const isNeeded = call.outputs.some((output) => this.#uses.has(output));
      if (isNeeded) for (const input of Object.values(call.inputs)) this.#use(input);
    }
  }

  shapeOf(value: number): readonly number[] {
    return this.#values[value].shape;
  }

  dtypeOf(value: number): DataType {
    return this.#values[value].dtype;
  }

  /** The call that makes a value; none for inputs and constants. */
  makerOf(value: number): Call | undefined {
    return this.#makers.get(value);
  }

  /** Nothing that is needed reads the value but one input of one call. */
  isUsedOnce(value: number): boolean {
    return this.#uses.get(value) === 1;
  }

  /**
   * Behind calls that change neither shape, type nor elements: layers wrap their kernels in such.
   *
   * @param isAlone follow only values that nothing else reads
   */
  plain(value: number, isAlone = false): number {
    const call = this.makerOf(value);
    if (!call || (call.kernel !== "Reshape" && call.kernel !== "Cast" && call.kernel !== "Identity"))
      return value;
    const from = call.inputs["x"];
    const isSame =
      this.dtypeOf(from) === this.dtypeOf(value) && isSameShape(this.shapeOf(from), this.shapeOf(value));
    return isSame && (!isAlone || this.isUsedOnce(from)) ? this.plain(from, isAlone) : value;
  }

  keep(call: Call): void {
    this.#calls.push(call);
  }

  /** A new call at this place; `output` is the value of a call that it replaces, or new. */
  call(
    kernel: string,
    inputs: Call["inputs"],
    attributes: Readonly<Record<string, Attribute>>,
    {
      origin,
      shape,
      output,
    }: { readonly origin: string; readonly shape: readonly number[]; readonly output?: number },
  ): number {
    const value = output ?? this.#values.push({ shape, dtype: "float32" }) - 1;
    this.#calls.push({ kernel, inputs, attributes, outputs: [value], origin });
    return value;
  }

  constant(shape: readonly number[], data: Float32Array): number {
    const value = this.#values.push({ shape, dtype: "float32" }) - 1;
    const constant = { value, data };
    if (data.length !== sizeOf(shape) && !isUniform(constant, this.#values[value]))
      throw new RangeError(`${data.length} elements are no [${shape.join(", ")}]`);
    this.#constants.push(constant);
    return value;
  }

  /** Calls of which nothing is read any more are still there; inputs and outputs are as they were. */
  program(): Program {
    return { ...this.#program, values: this.#values, constants: this.#constants, calls: this.#calls };
  }

  #use(value: number): void {
    this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
  }
}

export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
