// Reverse-mode differentiation over recorded kernel calls, with tfjs's own registered gradient functions.
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../../shared/errors.ts";
import { MORE_GRADIENTS } from "./more-gradients.ts";
import type { Call } from "../../../shared/program/program.ts";
import type { RecordingBackend } from "../trace/recording-backend.ts";

/**
 * Gradients of the scalar `loss` with respect to `sources`, recorded in their turn: a gradient of a gradient
 * is the same pass once more. (Nested `tf.grad` loses the second-order path through ops that save their output.)
 *
 * Walks the calls backwards and adds up, for each value, what its users send back (Griewank & Walther,
 * "Evaluating Derivatives", 2008, ch. 3). A source that the loss does not depend on gets zeros.
 *
 * @throws GanglionError TRACE for a loss that is no scalar, UNSUPPORTED_KERNEL for a kernel without a gradient
 */
export function gradients(
  backend: RecordingBackend,
  loss: tf.Tensor,
  sources: readonly tf.Tensor[],
): tf.Tensor[] {
  if (loss.size !== 1) {
    throw new GanglionError(
      "TRACE",
      `a loss must be a scalar, this one has shape [${loss.shape.join(", ")}]: take its mean`,
    );
  }
  const calls = backend.recording.calls.map((call) => withCustomInputs(backend, call));
  const active = reachableFrom(
    sources.map((source) => backend.numberOf(source)),
    calls,
  );
  const sums = new Map<number, tf.Tensor>([[backend.numberOf(loss), tf.onesLike(loss)]]);

  for (const call of calls.toReversed()) {
    if (!call.outputs.some((output) => sums.has(output) && active.has(output))) continue;
    for (const [value, part] of partialsOf(backend, call, sums, active)) {
      const sum = sums.get(value);
      sums.set(value, sum ? tf.add(sum, part) : part);
    }
  }
  return sources.map((source) => sums.get(backend.numberOf(source)) ?? tf.zerosLike(source));
}

/** Whether there is a way from `source` to `loss`. */
export function dependsOn(backend: RecordingBackend, loss: tf.Tensor, source: tf.Tensor): boolean {
  const calls = backend.recording.calls.map((call) => withCustomInputs(backend, call));
  return reachableFrom([backend.numberOf(source)], calls).has(backend.numberOf(loss));
}

/** A call whose gradient was given by hand sends it to what `tf.customGrad` was given, past the calls between. */
function withCustomInputs(backend: RecordingBackend, call: Call): Call {
  const custom = backend.recording.customGradients.get(call.outputs[0]);
  return custom ? { ...call, inputs: Object.fromEntries(custom.inputs.entries()) } : call;
}

/** Values that depend on one of `sources`: only they need gradients. */
function reachableFrom(sources: readonly number[], calls: readonly Call[]): ReadonlySet<number> {
  const reached = new Set(sources);
  for (const call of calls) {
    if (Object.values(call.inputs).some((input) => reached.has(input))) {
      for (const output of call.outputs) reached.add(output);
    }
  }
  return reached;
}

/** What one call sends back to each of its active inputs. */
function* partialsOf(
  backend: RecordingBackend,
  call: Call,
  sums: ReadonlyMap<number, tf.Tensor>,
  active: ReadonlySet<number>,
): Generator<[value: number, partial: tf.Tensor]> {
  const incoming = call.outputs.map((output) => sums.get(output) ?? tf.zerosLike(backend.tensorOf(output)));
  backend.recording.layers.push(call.origin || "the objective");
  try {
    const partials = partialsByName(backend, call, incoming);
    for (const [name, value] of Object.entries(call.inputs)) {
      const partial = partials[name];
      if (active.has(value) && partial)
        yield [value, fitted(partial(), backend.recording.values[value].shape)];
    }
  } finally {
    backend.recording.layers.pop();
  }
}

function partialsByName(
  backend: RecordingBackend,
  call: Call,
  incoming: tf.Tensor[],
): Readonly<Record<string, (() => tf.Tensor) | undefined>> {
  const custom = backend.recording.customGradients.get(call.outputs[0]);
  if (custom) return Object.fromEntries(custom.partials(incoming[0]).map((partial, i) => [i, () => partial]));
  const config = MORE_GRADIENTS.get(call.kernel) ?? tf.getGradient(call.kernel);
  if (!config) {
    throw new GanglionError(
      "UNSUPPORTED_KERNEL",
      `kernel ${call.kernel}${call.origin && ` in ${call.origin}`} has no gradient`,
    );
  }
  const names = config.saveAllInputs ? Object.keys(call.inputs) : (config.inputsToSave ?? []);
  const saved = [
    ...names.map((name) => (name in call.inputs ? backend.tensorOf(call.inputs[name]) : undefined)),
    ...call.outputs.filter((_, i) => config.outputsToSave?.[i]).map((output) => backend.tensorOf(output)),
  ] as tf.Tensor[];
  return config.gradFunc(
    incoming.length === 1 ? incoming[0] : incoming,
    saved,
    call.attributes as tf.NamedAttrMap,
  );
}

/** Sums over the axes along which an input was broadcast, where tfjs's gradient function did not (Maximum, Minimum). */
function fitted(partial: tf.Tensor, shape: readonly number[]): tf.Tensor {
  if (partial.shape.length === shape.length && partial.shape.every((size, i) => size === shape[i]))
    return partial;
  const axes = tf.broadcast_util.getReductionAxes([...shape], partial.shape);
  return tf.reshape(tf.sum(partial, axes), [...shape]);
}
