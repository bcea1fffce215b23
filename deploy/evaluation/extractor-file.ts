// A user's extractor: an ONNX file, and beside it a .json that says how images become its input.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { z } from "zod";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { Extractor } from "../../shared/evaluation/extractor.ts";
import { readJsonFile } from "../../shared/json/parse-json.ts";
import { readRegularBytes } from "../../shared/regular-file.ts";
import type { EngineModel } from "../../worker/engine/engine.ts";
import { openEngine } from "../../worker/engine/open-engine.ts";

const side = z.int().min(1).max(8192);
const name = z.string().min(1);
const perChannel = z.union([z.number(), z.array(z.number()).min(1).max(3)]);

/** The .json beside the model; all has a default but nothing else is guessed, so the file itself has to be there. */
const sidecarSchema = z.strictObject({
  /** Of the model; its first by default. */
  input: name.optional(),
  /** The output with the features; its first by default. */
  features: name.optional(),
  /** The output with class probabilities, or with logits. */
  probabilities: name.optional(),
  logits: name.optional(),
  /** A side, or [height, width]; null: images as they are. */
  size: z
    .union([side.transform((given): [number, number] => [given, given]), z.tuple([side, side])])
    .nullable()
    .default(null),
  channels: z.literal([1, 3]).default(3),
  layout: z.literal(["nchw", "nhwc"]).default("nchw"),
  /** What black and white become, before mean and deviation. */
  range: z.tuple([z.number(), z.number()]).default([0, 1]),
  mean: perChannel.default(0),
  std: perChannel.default(1),
  /** Images at a time. */
  batch: z.int().min(1).max(4096).default(32),
});
type Sidecar = z.infer<typeof sidecarSchema>;

/**
 * Reads both files and tries the model once, with images of the size that it will get.
 *
 * @throws GanglionError USAGE naming the file and what is wrong with it
 */
export async function extractorFile(
  file: string,
  imageShape: readonly [number, number, number],
): Promise<Extractor> {
  const bytes = await readRegularBytes(file).catch((cause: unknown) => {
    throw new GanglionError("USAGE", `the extractor ${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const sidecar = await readSidecar(file);
  const engine = await openEngine({ engine: "graph", device: "cpu" });
  const classes = sidecar.probabilities ?? sidecar.logits;
  const named = {
    ...(sidecar.input !== undefined && { input: sidecar.input }),
    ...(sidecar.features !== undefined && {
      outputs: [sidecar.features, ...(classes === undefined ? [] : [classes])],
    }),
  };
  const model = await engine.openModel!({ bytes, name: basename(file), ...named });
  try {
    return { bytes, spec: await specOf(basename(file), bytes, sidecar, model, imageShape) };
  } finally {
    await model.dispose();
  }
}

async function specOf(
  fileName: string,
  bytes: Uint8Array,
  sidecar: Sidecar,
  model: EngineModel,
  imageShape: readonly [number, number, number],
): Promise<Extractor["spec"]> {
  const { size, channels, layout, range, batch, logits } = sidecar;
  const [height, width] = size ?? imageShape;
  const shape = layout === "nchw" ? [batch, channels, height, width] : [batch, height, width, channels];
  const made = await model.run(new Float32Array(batch * channels * height * width), shape);
  const [features, classes = null] = model.outputs;
  const [low, high] = range;
  const scale = 255 / (high - low);
  const listed = (given: number | number[]): number[] => (typeof given === "number" ? [given] : given);
  return {
    name: fileName,
    kind: "onnx",
    hash: createHash("sha256").update(bytes).digest("hex"),
    batch,
    size,
    channels,
    layout,
    mean: listed(sidecar.mean).map((mean) => (mean - low) * scale),
    std: listed(sidecar.std).map((std) => std * scale),
    input: model.input,
    features,
    probabilities: classes,
    isLogits: logits !== undefined,
    featureCount: made[0].length / batch,
    classCount: (made[1]?.length ?? 0) / batch,
  };
}

async function readSidecar(file: string): Promise<Sidecar> {
  const sidecar = file.replace(/\.onnx$/i, "") + ".json";
  let given: unknown;
  try {
    given = await readJsonFile(sidecar);
  } catch (cause) {
    throw new GanglionError(
      "USAGE",
      `the extractor ${file} needs ${sidecar} beside it, and that cannot be read (${messageOf(cause)}): it says how images become the model's input, such as {"features": "pool3", "size": 299, "range": [-1, 1]}; docs/evaluation.md lists its fields`,
      { cause },
    );
  }
  const result = sidecarSchema.safeParse(given);
  if (!result.success) {
    const [{ path, message }] = result.error.issues;
    throw new GanglionError("USAGE", `${sidecar}: ${path.join(".") || "the whole"}: ${message}`);
  }
  const { data } = result;
  const fault = faultOf(data);
  if (fault !== null) throw new GanglionError("USAGE", `${sidecar}: ${fault}`);
  return data;
}

function faultOf({ features, probabilities, logits, range, std }: Sidecar): string | null {
  if (probabilities !== undefined && logits !== undefined)
    return `it names probabilities ("${probabilities}") and logits ("${logits}"): name one of them`;
  if ((probabilities ?? logits) !== undefined && features === undefined)
    return "it names an output with classes, and none with features: name both";
  if (range[0] === range[1]) return `range: black and white both become ${range[0]}: give two numbers`;
  if ([std].flat().some((one) => one === 0)) return "std: 0 cannot be divided by";
  return null;
}
