// What a checkpoint looks like as a safetensors file: named tensors for other frameworks, the rest as metadata.
//
//   weights/<slot>, ema/<slot>                       with the shapes of the layout
//   optimizer/<network>/<moment>                     flat, e.g. m and v of Adam
import { checkpointCopySchema, copyInCheckpoint } from "../../compiler/models/users/copy/model-copy.ts";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { createLayout, viewOf, type Layout } from "../../../shared/protocol/layout.ts";
import {
  contentHash,
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type Tensor,
} from "../files/safetensors.ts";
import type { Checkpoint } from "./checkpoint-content.ts";
import { contradictionIn } from "./checkpoint-checks.ts";
import { type CheckpointConfig, parseCheckpointConfig } from "./checkpoint-config.ts";
import { fingerprintsSchema } from "../fingerprints.ts";
import type { Moments } from "../../update/optimizers/rule.ts";

/** To be raised with every change that older readers could not read. */
const FORMAT = 1;

/**
 * The bytes of the file; copies every array.
 *
 * @throws GanglionError DIVERGED when values are not finite; RangeError when lengths are wrong
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { layout, weights, ema, optimizers } = checkpoint;
  const tensors = new Map<string, Tensor>();
  putSlots(tensors, "weights/", layout, weights);
  if (ema) putSlots(tensors, "ema/", layout, ema);
  for (const [network, { moments }] of Object.entries(optimizers)) {
    const unequal = unequalLengths(moments);
    if (unequal) throw new RangeError(`optimizer ${network} has ${unequal} moments`);
    for (const [name, data] of Object.entries(moments))
      tensors.set(`optimizer/${network}/${name}`, { dtype: "F32", shape: [data.length], data });
  }
  const bad = notFinite(tensors);
  if (bad) {
    throw new GanglionError(
      "DIVERGED",
      `step ${checkpoint.step} is not saved: ${bad}; resume from an older checkpoint`,
    );
  }
  const updates = Object.entries(optimizers).map(([network, { t }]) => [network, t]);
  const metadata = {
    ganglion: String(FORMAT),
    step: String(checkpoint.step),
    version: String(checkpoint.version),
    position: String(checkpoint.position),
    images: String(checkpoint.images),
    config: JSON.stringify(checkpoint.config),
    layout: layout.hash,
    optimizers: JSON.stringify(Object.fromEntries(updates)),
    arithmetic: checkpoint.numerics, // the file's name for it
    ...(checkpoint.fingerprints && { fingerprints: JSON.stringify(checkpoint.fingerprints) }),
    ...(checkpoint.model && { model: JSON.stringify(copyInCheckpoint(checkpoint.model)) }),
  };
  const hash = contentHash({ tensors, metadata });
  return encodeSafetensors({ tensors, metadata: { ...metadata, hash } });
}

/**
 * Checks and reads a file that may be damaged or of another program.
 *
 * @throws GanglionError CHECKPOINT when it cannot be used, VERSION_MISMATCH when it is too new for this program: that is no
 *   damage, and no reason to fall back to an older checkpoint
 */
export function decodeCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const content = decodeSafetensors(bytes, file);
  const metadata = parseMetadata(content, file);
  const { tensors } = content;
  const layout = createLayout(slotsOf(tensors, "weights/"));
  if (layout.hash !== metadata.layout) {
    throw refused(file, `its tensors have layout ${layout.hash}, its metadata says ${metadata.layout}`);
  }
  const bad = notFinite(tensors);
  if (bad) throw refused(file, bad);
  const { step, version, position, images, arithmetic: numerics, fingerprints = null, model } = metadata;
  const config = configOf(metadata.config, file);
  const weights = takeSlots(tensors, "weights/", layout);
  const ema = slotsOf(tensors, "ema/").length > 0 ? takeEma(tensors, layout, file) : null;
  const optimizers = Object.fromEntries(
    Object.entries(metadata.optimizers).map(([network, t]) => {
      const moments = takeMoments(tensors, `optimizer/${network}/`);
      const unequal = unequalLengths(moments);
      if (unequal) throw refused(file, `optimizer ${network} has ${unequal} moments`);
      return [network, { t, moments }];
    }),
  );
  const cursor = { step, version, position, images };
  const checkpoint = {
    ...cursor,
    config,
    layout,
    weights,
    ema,
    optimizers,
    numerics,
    fingerprints,
    ...(model && { model }),
  };
  const contradiction = contradictionIn(checkpoint);
  if (contradiction !== null) throw refused(file, contradiction);
  return checkpoint;
}

function configOf(value: unknown, file: string): CheckpointConfig {
  try {
    return parseCheckpointConfig(value);
  } catch (error) {
    throw refused(file, `its config is wrong: ${messageOf(error)}`);
  }
}

const formatSchema = z.object({ ganglion: z.string().regex(/^\d{1,9}$/) });
const count = z
  .string()
  .regex(/^\d{1,16}$/, "a whole number is due")
  .transform(Number)
  .pipe(z.int());
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "JSON is due" });
    return z.NEVER;
  }
});
const metadataSchema = z.object({
  step: count,
  version: count,
  position: count,
  images: count,
  config: json,
  layout: z.string(),
  optimizers: json.pipe(z.record(z.string(), z.int().nonnegative())),
  arithmetic: z.string(),
  fingerprints: json.pipe(fingerprintsSchema).optional(),
  model: json.pipe(checkpointCopySchema).optional(),
  hash: z.string(),
});

/** The format first: a newer one may mean anything by the rest. Then the hash, over all but itself. */
function parseMetadata(content: Safetensors, file: string): z.infer<typeof metadataSchema> {
  const format = formatSchema.safeParse(content.metadata);
  if (!format.success) throw refused(file, "its metadata names no format `ganglion`");
  const number = Number(format.data.ganglion);
  if (number > FORMAT) {
    throw new GanglionError(
      "VERSION_MISMATCH",
      `${file} has checkpoint format ${number}, this Ganglion reads up to ${FORMAT}: use the newer one that wrote it`,
    );
  }
  const result = metadataSchema.safeParse(content.metadata);
  if (!result.success) {
    const { path, message } = result.error.issues[0];
    throw refused(file, `its metadata is wrong or missing at ${path.join(".")} (${message})`);
  }
  const { hash, ...metadata } = content.metadata;
  const actual = contentHash({ tensors: content.tensors, metadata });
  if (actual !== hash) throw refused(file, `its content has hash ${actual}, it was written with ${hash}`);
  return result.data;
}

function putSlots(tensors: Map<string, Tensor>, prefix: string, layout: Layout, vector: Float32Array): void {
  if (vector.length !== layout.length) {
    throw new RangeError(`${prefix} has ${vector.length} values, its layout ${layout.length}`);
  }
  for (const slot of layout.slots) {
    tensors.set(prefix + slot.name, { dtype: "F32", shape: slot.shape, data: viewOf(vector, slot) });
  }
}

function slotsOf(
  tensors: Safetensors["tensors"],
  prefix: string,
): { name: string; shape: readonly number[] }[] {
  return [...tensors]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, { shape }]) => ({ name: name.slice(prefix.length), shape }));
}

function takeSlots(tensors: Safetensors["tensors"], prefix: string, layout: Layout): Float32Array {
  const vector = new Float32Array(layout.length);
  for (const slot of layout.slots) {
    const tensor = tensors.get(prefix + slot.name);
    if (tensor?.dtype === "F32") viewOf(vector, slot).set(tensor.data);
  }
  return vector;
}

function takeEma(tensors: Safetensors["tensors"], layout: Layout, file: string): Float32Array {
  const { hash } = createLayout(slotsOf(tensors, "ema/"));
  if (hash !== layout.hash) throw refused(file, `its ema has layout ${hash}, its weights ${layout.hash}`);
  return takeSlots(tensors, "ema/", layout);
}

/** Whatever is there: the optimizer knows which it needs. */
function takeMoments(tensors: Safetensors["tensors"], prefix: string): Moments {
  const moments: Record<string, Float32Array> = {};
  for (const [name, tensor] of tensors) {
    if (name.startsWith(prefix) && tensor.dtype === "F32") moments[name.slice(prefix.length)] = tensor.data;
  }
  return moments;
}

/** `1 and 4`, or null where all have one length. */
function unequalLengths(moments: Moments): string | null {
  const lengths = Object.values(moments).map(({ length }) => length);
  return lengths.every((length) => length === lengths[0]) ? null : lengths.join(" and ");
}

/** What is wrong with the values, or null. */
function notFinite(tensors: Safetensors["tensors"]): string | null {
  for (const [name, tensor] of tensors) {
    if (tensor.dtype !== "F32") return `${name} is ${tensor.dtype}, F32 is due`;
    const { data } = tensor;
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) return `${name} holds ${data[i]} at ${i}`;
    }
  }
  return null;
}

function refused(file: string, what: string): GanglionError {
  return new GanglionError("CHECKPOINT", `${file} cannot be used: ${what}; use another checkpoint`);
}
