// `--format layers-model`: a folder that tf.loadLayersModel opens, and that --generator and --discriminator take.
import { usesNow } from "../../../shared/program/now-inputs.ts";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { openNetworks } from "../../../coordinator/compiler/trained-networks.ts";
import { importsOf } from "../../../coordinator/compiler/models/users/imports-of.ts";
import {
  isOfGanglion,
  modelFiles,
  ownLayersOf,
  registerOwnLayers,
} from "../../../coordinator/compiler/models/users/saved/write-model.ts";
import { classNameOf } from "../../../coordinator/compiler/models/held.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { programFingerprint } from "../../../shared/program/program-fingerprint.ts";
import { encodeProgram } from "../../../shared/program/program.ts";
import { provenance } from "../describe.ts";
import type { ExportSource } from "../source.ts";
import { LAYERS_FILE, layersFileText } from "./layers-file.ts";
import { loaderText, readmeText } from "./texts.ts";

/** The names of what is written. */
export const LAYERS_MODEL_FILES: ReadonlySet<string> = new Set([
  "model.json",
  "weights.bin",
  "README.txt",
  "load.mjs",
  LAYERS_FILE,
  "module.mjs",
  "module.ts",
  "module.js",
  "module.mts",
]);

/** How many images the program has by which the written model is compared. */
const COMPARED = 8;

/**
 * Writes the model of `network` into `folder`, and reads it again: it must compute the same.
 *
 * @throws GanglionError MODEL for weights or arguments of layers that tfjs does not save
 */
export async function writeLayersModel(
  source: ExportSource,
  network: NetworkName,
  folder: string,
  warn: (message: string) => void,
): Promise<void> {
  const { trained, weights, config, checkpoint } = source;
  const inner = trained.inner.find((weight) => weight.network === network);
  if (inner)
    throw new GanglionError(
      "MODEL",
      `the weight ${inner.name} lies inside a layer that does not list it, and tfjs saves listed weights alone: export to onnx or safetensors, or let the layer push it to its _trainableWeights`,
    );
  const model = trained.networks[network]!;
  const program = await trained.trace(network, COMPARED);
  if (usesNow(program))
    throw new GanglionError(
      "MODEL",
      `the ${network} reads now, which a layer has in a run alone: export to onnx, where it is as at step ${checkpoint.step}`,
    );
  trained.assign(weights);
  const { modelJson, weights: data } = await modelFiles(model, provenance(source, network));
  await writeFile(join(folder, "model.json"), `${JSON.stringify(modelJson, null, 1)}\n`);
  await writeFile(join(folder, "weights.bin"), data);
  const strange = ownLayersOf(model).map(classNameOf);
  const own = strange.filter((name) => !isOfGanglion(name));
  const { imageShape, classes } = checkpoint.config;
  const hasOurs = own.length < strange.length;
  const facts = { network, own, hasOurs, imageShape, classes, latentSize: config.latentSize };
  let module: string | null = null;
  if (own.length > 0 && config.model.kind === "module") {
    const { file } = config.model;
    module = `module${extname(file) || ".mjs"}`;
    await copyFile(file, join(folder, module));
    const imported = importsOf(await readFile(file, "utf8")).filter(({ isCode }) => isCode);
    if (imported.length > 0) warn(`${module} loads more (${imported[0].text}): put that beside it`);
  }
  if (hasOurs || module !== null) {
    await writeFile(join(folder, LAYERS_FILE), await layersFileText()); // the module's builder may ask for them
    await writeFile(join(folder, "load.mjs"), loaderText(facts, module));
  }
  await writeFile(join(folder, "README.txt"), readmeText(facts, module));
  registerOwnLayers(model);
  await checkWritten(source, network, { folder, before: programFingerprint(encodeProgram(program)), own });
}

interface Written {
  readonly folder: string;
  /** Of the network's program. */
  readonly before: string;
  /** Classes of layers that are the user's own. */
  readonly own: readonly string[];
}

async function checkWritten(
  { config, checkpoint }: ExportSource,
  network: NetworkName,
  { folder, before, own }: Written,
): Promise<void> {
  const saved = { ...config, networks: { ...config.networks, [network]: join(folder, "model.json") } };
  const { imageShape, classes } = checkpoint.config;
  const blamed =
    own.length > 0
      ? `; look at getConfig of ${own.join(", ")}: it must return all that the constructor takes`
      : "";
  const refuse = (why: string, cause?: unknown): never => {
    throw new GanglionError(
      "MODEL",
      `the ${network} cannot be saved as tfjs saves models: ${why}${blamed}; or export to onnx or safetensors`,
      { cause },
    );
  };
  const again = await openNetworks(saved, { imageShape, classes }).catch((cause: unknown) =>
    refuse(`read again, ${messageOf(cause)}`, cause),
  );
  try {
    const now = programFingerprint(encodeProgram(await again.trace(network, COMPARED)));
    if (now !== before) refuse("read again, it computes something else");
  } finally {
    again.dispose();
  }
}
