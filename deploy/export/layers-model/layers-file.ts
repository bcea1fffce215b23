// The code of the layers that a module's context brings, as one file to lie beside a saved network.
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleModule } from "../../../coordinator/compiler/models/users/copy/bundle-module.ts";

/** The name under which it lies there. */
export const LAYERS_FILE = "ganglion-layers.mjs";

/** An ES module that imports nothing and exports `registerLayers(tf)`. */
export async function layersFileText(): Promise<string> {
  const extension = extname(fileURLToPath(import.meta.url)); // .ts in the sources, .js as built
  const entry = new URL(`../../../coordinator/compiler/models/layers/register${extension}`, import.meta.url);
  const bundled = await bundleModule(fileURLToPath(entry));
  if (bundled.kind === "bundled") return bundled.source;
  throw new Error(`the layers cannot be put into one file: ${bundled.why}`);
}
