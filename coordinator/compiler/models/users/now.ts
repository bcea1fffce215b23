// `now`: what a network or a loss is told of the step, as inputs of the program that is being traced.
import type * as tf from "@tensorflow/tfjs-core";
import { RAMP_PREFIX } from "../../../../shared/config/objectives/ramps.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import { isObject } from "../../../../shared/is-object.ts";
import { NOW_PREFIX } from "../../../../shared/program/now-inputs.ts";

/**
 * Scalars (float32) that have another value in each step, and so are tensors: `now.step.mul(2)`. To be read where the
 * step is computed: in a layer's `call()`, and in `losses`.
 */
export interface Now {
  /** The number of the step, from 0; where samples are drawn, the steps that were made. Exact up to 2^24. */
  readonly step: tf.Scalar;
  /** Of the whole run. */
  readonly steps: tf.Scalar;
  /** Images that training has used by now. Exact up to 2^24. */
  readonly images: tf.Scalar;
  /** The run's own, by name: `--value fade=0:1:0:2000`. */
  readonly values: Readonly<Record<string, tf.Scalar>>;
}

type MakeInput = (name: string, shape: readonly number[]) => tf.Tensor;

/** The inputs of one trace after the other: each is made when it is first read, so that a program has those it uses. */
export class NowInputs {
  readonly now: Now;
  readonly #names: readonly string[];
  #trace: { readonly input: MakeInput; readonly made: Map<string, tf.Scalar> } | null = null;

  /** `names` are those of the run's values. */
  constructor(names: readonly string[]) {
    this.#names = names;
    const read = (name: string): tf.Scalar => this.#read(name);
    this.now = {
      get step() {
        return read("step");
      },
      get steps() {
        return read("steps");
      },
      get images() {
        return read("images");
      },
      values: new Proxy<Record<string, tf.Scalar>>(
        {},
        { get: (_, name) => (typeof name === "string" ? this.#value(name) : undefined) },
      ),
    };
  }

  /** Lets `now` be read while `body` runs, in a trace whose inputs `input` makes. */
  during<T>(input: MakeInput, body: () => T): T {
    this.#trace = { input, made: new Map() };
    try {
      return body();
    } finally {
      this.#trace = null;
    }
  }

  /** A scheduled number of the config by its path, `regularizers.r1.gamma`: itself, or where it changes over time an input. */
  configured(path: string, config: object): number | tf.Scalar {
    const value = path
      .split(".")
      .reduce<unknown>((at, name) => (isObject(at) ? at[name as keyof typeof at] : undefined), config);
    if (typeof value === "number") return value;
    return this.#read(RAMP_PREFIX + path);
  }

  #value(name: string): tf.Scalar {
    if (this.#names.includes(name)) return this.#read(`values/${name}`);
    const known = this.#names.length > 0 ? `its values are ${this.#names.join(", ")}` : "it has no values";
    throw new GanglionError(
      "MODEL",
      `now.values.${name} is read, and the run has no value of that name (${known}): give it one with --value ${name}=1 or --value ${name}=FROM:TO:START:END, or in the config's field values`,
    );
  }

  #read(name: string): tf.Scalar {
    const written = `now.${name.replace("/", ".")}`;
    if (!this.#trace)
      throw new GanglionError(
        "MODEL",
        `${written} is read where no step is computed: read it in a layer's call() or in losses, since what a builder, a constructor or build() reads would stay the same for all steps`,
      );
    const known = this.#trace.made.get(name);
    if (known) return known;
    const scalar = this.#trace.input(`${NOW_PREFIX}${name}`, []) as tf.Scalar;
    refuseArithmetic(scalar, written);
    this.#trace.made.set(name, scalar);
    return scalar;
  }
}

/** `now.step > 100` and `2 * now.step` would silently be false and NaN. */
function refuseArithmetic(scalar: tf.Scalar, written: string): void {
  Object.defineProperty(scalar, Symbol.toPrimitive, {
    value: () => {
      throw new GanglionError(
        "TRACE",
        `${written} is a tensor, with another value in each step, and JavaScript's operators know no tensors: write ${written}.mul(2) or ${written}.greater(100), and tf.where in place of if`,
      );
    },
  });
}
