// Every message of the protocol, in one place: the schema is the documentation, and what fails it is refused.
import { z } from "zod";
import { imageOptionsSchema } from "../data/image-options.ts";
import { extractorSchema } from "../evaluation/extractor.ts";

/** Raised whenever a message or its meaning changes; both ends must agree. */
export const PROTOCOL_VERSION = 8;

/** No lease has this number. */
export const NO_LEASE = 0;

const count = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const label = z.string().min(1).max(200);
/** As it is shown on terminals and pages, which what is not seen would steer, or let look like another name. */
const shown = label.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, "no control or format characters");
const text = z.string().max(4000);

/** Whether a node may be called so. */
export function isNodeName(name: string): boolean {
  return shown.safeParse(name).success;
}

const slot = z.strictObject({
  name: label,
  shape: z.array(count).max(8).readonly(),
  offset: count,
  size: count,
});
const layout = z.strictObject({ slots: z.array(slot).max(20_000).readonly(), length: count, hash });

const phase = z.strictObject({
  name: label,
  program: hash,
  contribution: layout,
  /** S, contributions a round. */
  shards: z.int().positive(),
  /** Samples a shard. */
  shardSize: z.int().positive(),
  usesSamples: z.boolean(),
  /** It has a round in the steps whose number is divisible by this. */
  every: z.int().positive(),
});

/** All a node needs to know to compute: no model code, no user module, only data. Programs and layouts travel as bodies. */
const plan = z.strictObject({
  run: label,
  seed: z.int(),
  weights: layout,
  phases: z.array(phase).min(1).max(128),
  latentSize: z.int().positive(),
  /** `test` is the fingerprint of the test split, null when the run does not evaluate. */
  data: z.strictObject({
    name: z.string().max(1000),
    fingerprint: hash,
    test: hash.nullable(),
    /** What was done to the images: a node with files of its own does the same to them. */
    images: imageOptionsSchema,
  }),
  /** Images a `generate` lease makes, and how many the program draws at once; null when the run has no generator. */
  generate: z
    .strictObject({
      program: hash,
      batch: z.int().positive(),
      atOnce: z.int().positive(),
      imageShape: z.array(count).length(3),
    })
    .nullable(),
  /** Samples an `evaluate` lease reads from the test split, and how many the program takes at once; null when there is nothing to evaluate. */
  evaluate: z
    .strictObject({ program: hash, batch: z.int().positive(), atOnce: z.int().positive() })
    .nullable(),
  /** Real and generated images that a `probe` lease looks at, `batch` of each; null when the guard has nothing to look at. */
  probe: z.strictObject({ program: hash, batch: z.int().positive(), result: layout }).nullable(),
  /** What `features` leases extract with; null when the run does not measure its images. */
  extractor: extractorSchema.nullable(),
});
export type Plan = z.infer<typeof plan>;
export type PhasePlan = z.infer<typeof phase>;

/** What the program is told of the step, by the names of its inputs without `now/`; absent where it does not use it. */
const now = z.record(label, z.number()).optional();

const lease = z.strictObject({
  type: z.literal("lease"),
  id: count,
  /** The weights to compute with; the node holds them before the lease arrives. */
  version: count,
  /** The coordinator takes the block back after this. */
  deadlineMs: z.number().positive(),
  work: z.discriminatedUnion("kind", [
    /** Shards `first … first + shards - 1` of a phase: an aligned block of the sum tree. `position`: where the phase starts in the sample stream. */
    z.strictObject({
      kind: z.literal("phase"),
      phase: count,
      step: count,
      first: count,
      shards: z.int().positive(),
      position: count,
      now,
    }),
    /** Images from noise of the stream (seed, "sample", first + i); with the weights in the body. */
    z.strictObject({ kind: z.literal("generate"), first: count, images: z.int().positive(), now }),
    /** Samples `first … first + samples - 1` of the test split, with the weights of `version`. */
    z.strictObject({ kind: z.literal("evaluate"), first: count, samples: z.int().positive(), now }),
    /**
     * Features and class probabilities of images `first … first + images - 1`: of what the generator draws from the stream
     * (seed, "evaluation", i) with the weights in the body; or of the train split's samples, in the fixed order of references.
     */
    z.strictObject({
      kind: z.literal("features"),
      source: z.literal(["generated", "train"]),
      seed: count,
      first: count,
      images: z.int().positive(),
      now,
    }),
    /**
     * What the guard compares, of the plan's `probe`: samples from `position + first` on, and as many images from noise of the
     * stream (seed, "noise", "probe", step, first), with the weights of `version`.
     */
    z.strictObject({ kind: z.literal("probe"), step: count, first: count, position: count, now }),
    /** Where in the phase's program the shard of a `phase` lease stops being finite; with the weights of `version`. */
    z.strictObject({
      kind: z.literal("diagnose"),
      phase: count,
      step: count,
      first: count,
      position: count,
      now,
    }),
  ]),
});
export type Lease = z.infer<typeof lease>;
export type Work = Lease["work"];

const schemas = {
  // node -> coordinator
  hello: z.strictObject({
    type: z.literal("hello"),
    protocol: count,
    node: shown,
    threads: z.int().positive().max(1024),
    engine: shown,
    device: shown,
    /** What decides the bits of the results besides the program: engine version, CPU features. */
    arithmetic: shown,
  }),
  /** Programs prepared, data loaded: leases may come. */
  ready: z.strictObject({ type: z.literal("ready"), fingerprint: hash, prepareMs: z.number().nonnegative() }),
  /** Body: the sum over the lease's shards (float32), or the images, the evaluation sums, the features, what a probe has seen, or a diagnosis. */
  contribution: z.strictObject({
    type: z.literal("contribution"),
    lease: count,
    version: count,
    computeMs: z.number().nonnegative(),
  }),
  /** A lease cannot be computed; of `NO_LEASE`: the node cannot take part at all, and closes. */
  failed: z.strictObject({ type: z.literal("failed"), lease: count, reason: text }),
  /** The node wants no more leases; it finishes what it has. */
  leaving: z.strictObject({ type: z.literal("leaving") }),

  // coordinator -> node
  /** Body: the plan as JSON (it holds layouts, which outgrow a header). */
  welcome: z.strictObject({ type: z.literal("welcome"), run: label }),
  /** Body: one encoded program. */
  program: z.strictObject({ type: z.literal("program"), hash }),
  /** After the last program: prepare, then answer `ready`. */
  prepare: z.strictObject({ type: z.literal("prepare"), programs: z.array(hash).max(64) }),
  /** Body: the flat weights of this version. */
  weights: z.strictObject({ type: z.literal("weights"), version: count }),
  lease,
  /** The lease was taken back: its contribution will be refused as stale. */
  cancel: z.strictObject({ type: z.literal("cancel"), lease: count }),
  /** The node may not take part; the connection closes. */
  refused: z.strictObject({ type: z.literal("refused"), code: label, reason: text }),
  /** The run is over for this node. */
  stop: z.strictObject({ type: z.literal("stop"), reason: text }),
} as const;

const message = z.discriminatedUnion("type", [
  schemas.hello,
  schemas.ready,
  schemas.contribution,
  schemas.failed,
  schemas.leaving,
  schemas.welcome,
  schemas.program,
  schemas.prepare,
  schemas.weights,
  schemas.lease,
  schemas.cancel,
  schemas.refused,
  schemas.stop,
]);
export type Message = z.infer<typeof message>;

export type ParsedMessage =
  | { readonly ok: true; readonly message: Message }
  /** `path` leads to what is wrong. */
  | { readonly ok: false; readonly reason: string; readonly path: readonly PropertyKey[] };

/** Parses an untrusted header, or says what is wrong with it. */
export function parseMessage(value: unknown): ParsedMessage {
  const result = message.safeParse(value);
  if (result.success) return { ok: true, message: result.data };
  const [{ path, message: fault }] = result.error.issues;
  return { ok: false, reason: `${path.join(".") || "message"}: ${fault}`, path };
}

/** Parses the body of `welcome`. */
export function parsePlan(value: unknown): Plan {
  return plan.parse(value);
}
