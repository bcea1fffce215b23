// `--format safetensors`: the weights by name, with the order of their axes, and pictures to compare with.
import { encodeSafetensors, type Tensor } from "../../../coordinator/records/files/safetensors.ts";
import { axesOf } from "../../../coordinator/compiler/models/weight-axes.ts";
import { NO_LAYER } from "../../../coordinator/compiler/objectives/objective-state.ts";
import { frozenNow } from "../../../shared/program/now-inputs.ts";
import { fillGeneratorInputs } from "../../../shared/program/generator-inputs.ts";
import { arraysFor } from "../../../shared/program/program.ts";
import { viewOf } from "../../../shared/protocol/layout.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { runOnce } from "../../../worker/run-once.ts";
import { provenance, scoresText } from "../describe.ts";
import { type ExportSource, classNamesOf } from "../source.ts";

/** Pictures that come along. */
const EXAMPLES = 4;

/** The bytes of the file. */
export async function safetensorsOf(
  source: ExportSource,
  networks: readonly NetworkName[],
): Promise<Uint8Array> {
  const { trained, weights, checkpoint } = source;
  const tensors = new Map<string, Tensor>();
  const axes: Record<string, readonly string[]> = {};
  // what the objective keeps from step to step is no layer's, and means nothing elsewhere
  const own = trained.weights.filter(
    ({ network, position }) => networks.includes(network) && position !== NO_LAYER,
  );
  for (const weight of own) {
    const slot = trained.layout.slots.find(({ name }) => name === weight.name)!;
    tensors.set(slot.name, { dtype: "F32", shape: slot.shape, data: viewOf(weights, slot) });
    axes[slot.name] = axesOf(trained.networks[weight.network]!, weight);
  }
  if (networks.includes("generator"))
    for (const [name, tensor] of await examples(source)) tensors.set(name, tensor);
  const topologies = networks.map((name) => [
    `topology/${name}`,
    JSON.stringify(trained.networks[name]!.toJSON(null, false)),
  ]);
  const judge = networks.find((name) => name !== "generator");
  const metadata: Record<string, string> = {
    ...provenance(source, networks[0]),
    axes: JSON.stringify(axes),
    images: "[N, H, W, C] (channels last) in [-1, 1]: byte = round((x + 1) * 127.5)",
    flatten: "channels last: flatten, reshape and dense layers see images as [H, W, C]",
    trainedImages: String(checkpoint.images),
    ...(judge && { scores: scoresText(source, judge) }),
    ...(checkpoint.config.classes > 0 && { classes: JSON.stringify(classNamesOf(checkpoint)) }),
    ...(networks.includes("generator") && {
      example:
        "example/images is what the generator draws of example/noise (and example/labels, class numbers)",
    }),
    ...Object.fromEntries(topologies),
  };
  return encodeSafetensors({ tensors, metadata });
}

/** Noise and labels, and what the generator draws of them; what random layers add is left out, as zeros. */
async function examples({
  trained,
  weights,
  config,
  checkpoint,
  now,
}: ExportSource): Promise<[string, Tensor][]> {
  const program = frozenNow(await trained.trace("generator", EXAMPLES), now);
  const inputs = arraysFor(program, program.inputs);
  for (const slot of trained.layout.slots) inputs[slot.name]?.set(viewOf(weights, slot));
  const { classes, imageShape } = checkpoint.config;
  const { latentSize, seed } = config;
  fillGeneratorInputs(program, inputs, { seed, latentSize, classes, first: 0, images: EXAMPLES });
  for (const { name, random } of program.inputs) if (random) inputs[name].fill(0);
  const { images } = await runOnce({ engine: "graph", device: "cpu" }, program, inputs);
  const { noise, labels } = inputs;
  const found: [string, Tensor][] = [
    ["example/images", { dtype: "F32", shape: [EXAMPLES, ...imageShape], data: images }],
  ];
  if (noise) found.push(["example/noise", { dtype: "F32", shape: [EXAMPLES, latentSize], data: noise }]);
  if (labels)
    found.push(["example/labels", { dtype: "I64", shape: [EXAMPLES], data: classNumbers(labels, classes) }]);
  return found;
}

function classNumbers(oneHot: Float32Array, classes: number): BigInt64Array {
  return BigInt64Array.from({ length: oneHot.length / classes }, (_, i) =>
    BigInt(oneHot.subarray(i * classes, (i + 1) * classes).indexOf(1)),
  );
}
