// The `gradients` that a user's losses are given: it refuses slips that would train with a penalty of nothing.
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../../../shared/errors.ts";
import { dependsOn } from "../../gradients/gradient.ts";
import { activeRecorder } from "../../trace/recorder.ts";
import { shapeText } from "./failures.ts";
import type { LossContext } from "./model-context.ts";

/**
 * The same function; throws GanglionError MODEL unless the sources are an array of tensors that the loss was computed
 * from: the gradient of another is zero, whatever is trained.
 */
export function checkedGradients(gradients: LossContext["gradients"]): LossContext["gradients"] {
  return (loss, sources) => {
    if (!(loss instanceof tf.Tensor) || !isTensorList(sources)) {
      throw new GanglionError(
        "MODEL",
        "gradients takes a scalar tensor and an array of tensors: call it as gradients(loss, [samples])",
      );
    }
    const backend = activeRecorder();
    const stranger = sources.findIndex((source) => backend && !dependsOn(backend, loss, source));
    if (stranger >= 0) {
      throw new GanglionError(
        "MODEL",
        `the scalar given to gradients does not depend on source ${stranger}, of shape ${shapeText(sources[stranger].shape)}, so the gradient is zero: compute it from that very tensor`,
      );
    }
    return gradients(loss, sources);
  };
}

function isTensorList(sources: unknown): sources is readonly tf.Tensor[] {
  return Array.isArray(sources) && sources.every((source) => source instanceof tf.Tensor);
}
