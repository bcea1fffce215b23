// What a trace records, and where in the user's code it stands.
import type * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../../shared/errors.ts";
import type { Call, Constant, ValueSpec } from "../../../shared/program/program.ts";

/** The scope that tfjs is in while a trace runs its body: no op. */
export const TRACE_SCOPE = "trace";

/** Of a value that `tf.customGrad` made from `inputs`. */
export interface CustomGradient {
  readonly inputs: readonly number[];
  /** What dy sends back to each input. */
  readonly partials: (dy: tf.Tensor) => readonly tf.Tensor[];
}

/** What has been recorded since `start`, and where the recording stands (op and layer names, for errors). */
export class Recording {
  readonly values: ValueSpec[] = [];
  readonly constants: Constant[] = [];
  readonly calls: Call[] = [];
  readonly ops: string[] = [];
  readonly layers: string[] = [];
  /** Gradients that override those of the recorded calls, by the value that they belong to. */
  readonly customGradients = new Map<number, CustomGradient>();
  /** The error of the first asynchronous read of a value that there is not yet; not reported so far. */
  misread: unknown = null;
  /** Called with each variable that the step computes with and that is no input of it, once its value is a constant. */
  readonly onVariable: (variable: tf.Variable) => void;

  constructor(onVariable?: (variable: tf.Variable) => void) {
    this.onVariable =
      onVariable ??
      (({ name, shape }) => {
        throw new GanglionError(
          "TRACE",
          `${this.place} computes with the variable ${name} of shape [${shape.join(", ")}], which is no weight of a network, so it would never change: make it a layer's with this.addWeight(…) in build(), or, if it is to stay as it is, compute with tf.tensor(variable.dataSync(), variable.shape), made outside of the step`,
        );
      });
  }

  get origin(): string {
    return this.layers.join("/");
  }

  /** E.g. `op randomNormal in layer dropout_1`. */
  get place(): string {
    const op = this.ops.findLast((name) => name !== "" && name !== TRACE_SCOPE) ?? "this code";
    return this.layers.length > 0 ? `${op} in ${this.origin}` : op;
  }

  addValue(spec: ValueSpec): number {
    return this.values.push(spec) - 1;
  }
}
