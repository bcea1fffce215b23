// What may not happen while a step is traced, since it would happen once for all steps: variables made, numbers drawn.
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../../shared/errors.ts";
import { RECORDING_BACKEND } from "./recorder.ts";
import { RANDOM_OPS } from "./recording-backend.ts";
import type { Recording } from "./recording.ts";

/**
 * Until the returned function is called, `tf.variable` on the recording backend and `Math.random` throw GanglionError
 * TRACE. (tfjs's own random ops, which call it too, are refused under their own name.)
 */
export function guardStep(recording: Recording): () => void {
  const engine = tf.engine();
  const makeVariable = engine.makeVariable.bind(engine);
  engine.makeVariable = (...parameters) => {
    if (tf.getBackend() !== RECORDING_BACKEND) return makeVariable(...parameters);
    throw new GanglionError(
      "TRACE",
      `${recording.place} makes a variable inside the step, which would be a new one in every step, and never trained: make the layers that a layer uses in its constructor or build(), its weights in build() with this.addWeight(…); losses make none`,
    );
  };
  const random = Math.random;
  Math.random = () => {
    if (recording.ops.some((op) => RANDOM_OPS.has(op))) return random();
    throw new GanglionError(
      "TRACE",
      `${recording.place} calls Math.random() inside the step, which would be drawn once for all steps: call tf.randomUniform, tf.randomNormal or tf.dropout, of the context's tf, which draw anew in every step; draw in the builder what is to stay`,
    );
  };
  return () => {
    Reflect.deleteProperty(engine, "makeVariable"); // the class's own shows again
    Math.random = random;
  };
}
