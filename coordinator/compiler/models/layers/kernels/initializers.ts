// Initializers as layers take them and saved models keep them.
import type { Config, Initializer, InitializerIdentifier, Tfjs } from "../tfjs.ts";

/** The initializer that a layer of tf.layers would use; tfjs does not export how it finds that. */
export function initializerFrom(tf: Tfjs, identifier: InitializerIdentifier): Initializer {
  const layer = tf.layers.dense({ name: "any", units: 1, kernelInitializer: identifier });
  return (layer as unknown as { readonly kernelInitializer: Initializer }).kernelInitializer;
}

/** As `initializerFrom` takes it again. */
export function serialized(initializer: Initializer): Config {
  return { className: initializer.getClassName(), config: initializer.getConfig() };
}
