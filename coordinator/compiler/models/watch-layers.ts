// Follows the layers of tf.layers as they run on symbols, and lets those build that are not built yet.
import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import type { TraceContext } from "../trace/trace.ts";

type Layer = layers.Layer;
type Eagerly = TraceContext["eagerly"];
type AddWeight = (this: Layer, ...parameters: never[]) => unknown;

/**
 * Until the returned function is called, `running` is the stack of layers that are being applied, innermost last,
 * `entered` is called with each, and weights are made outside of the trace, by `eagerly`: they have values.
 */
export function watchLayers(running: Layer[], eagerly: Eagerly, entered: (layer: Layer) => void): () => void {
  const prototype = layers.Layer.prototype as unknown as { apply: Layer["apply"]; addWeight: AddWeight };
  const { apply, addWeight } = prototype;
  prototype.apply = function (this: Layer, ...parameters: Parameters<typeof apply>) {
    running.push(this);
    entered(this);
    const restore = this.built ? null : buildOutside(this, eagerly);
    try {
      return apply.apply(this, parameters);
    } finally {
      restore?.();
      running.pop();
    }
  };
  prototype.addWeight = function (this: Layer, ...parameters) {
    return outside(eagerly, () => addWeight.apply(this, parameters));
  };
  return () => Object.assign(prototype, { apply, addWeight });
}

function buildOutside(layer: Layer, eagerly: Eagerly): () => void {
  const own = Object.getOwnPropertyDescriptor(layer, "build");
  const build = layer.build.bind(layer);
  layer.build = (shape) => outside(eagerly, () => build(shape));
  return () => {
    if (own) Object.defineProperty(layer, "build", own);
    else Reflect.deleteProperty(layer, "build");
  };
}

/** A build() calls others, and addWeight: only the outermost leaves the trace. */
function outside<T>(eagerly: Eagerly, fn: () => T): T {
  return tf.getBackend() === "cpu" ? fn() : eagerly(fn);
}
