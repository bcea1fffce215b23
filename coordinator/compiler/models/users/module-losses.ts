// A user's `losses`, checked: an error names the module and the line.
import { basename } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../../../shared/errors.ts";
import { activeRecorder } from "../../trace/recorder.ts";
import { placedMessage, shapeText, withLongStacks } from "./failures.ts";
import { checkedGradients } from "./loss-gradients.ts";
import type { Losses } from "./model-context.ts";

/** The same function; throws GanglionError MODEL or TRACE unless it returns a scalar for each network and metric. */
export function checkedLosses(losses: Losses, file: string): Losses {
  const complain = (what: string, code: "MODEL" | "TRACE" | "UNSUPPORTED_KERNEL", cause?: unknown): never => {
    throw new GanglionError(code, `losses of ${basename(file)}: ${what}`, { cause });
  };
  return (context) => {
    let result: ReturnType<Losses>;
    try {
      result = withLongStacks(() => losses({ ...context, gradients: checkedGradients(context.gradients) }));
      if (!(result instanceof Promise)) activeRecorder()?.checkReads();
    } catch (cause) {
      const known = cause instanceof GanglionError;
      const code =
        known && (cause.code === "TRACE" || cause.code === "UNSUPPORTED_KERNEL") ? cause.code : "MODEL";
      return complain(placedMessage(file, cause), code, cause);
    }
    if (result instanceof Promise) {
      result.catch(() => undefined); // it is refused, whatever becomes of it
      return complain(
        "it returned a promise: make it no async function, the step is traced at once",
        "MODEL",
      );
    }
    const { discriminator, generator, metrics = {} } = result ?? {};
    for (const [name, scalar] of Object.entries({ discriminator, generator, ...metrics })) {
      if (typeof scalar === "object" && scalar?.size === 1) continue;
      const got = scalar?.shape ? `a tensor of shape ${shapeText(scalar.shape)}` : typeof scalar;
      complain(
        `${name} is ${got}, and a scalar tensor is needed: return { discriminator, generator }, each a mean over the batch`,
        "MODEL",
      );
    }
    for (const [name, { dtype }] of Object.entries({ discriminator, generator })) {
      if (dtype === "float32") continue;
      complain(
        `${name} is of type ${dtype}, in which there are no slopes: compute the loss in float32, with no cast`,
        "MODEL",
      );
    }
    const counted = Object.entries(metrics).map(([name, metric]) => [name, tf.cast(metric, "float32")]);
    return { discriminator, generator, metrics: Object.fromEntries(counted) as typeof metrics };
  };
}
