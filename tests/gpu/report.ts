// What the check of a GPU writes: one JSON file, complete after every result.
import { renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

const device = z.enum(["webgpu", "cuda"]);

/** One model's phases on one device, beside the CPU. */
const AgreementSchema = z.object({
  model: z.string(),
  device,
  /** Samples of each phase. */
  shard: z.int().positive(),
  outcome: z.discriminatedUnion("kind", [
    z.object({
      kind: z.enum(["agrees", "differs"]),
      /** Relative error in the L2 norm of the worst output; null where that is not finite. */
      largestError: z.number().nullable(),
      /** `discriminator: gradient/discriminator/00-dense/kernel` */
      worst: z.string(),
      outputs: z.int().positive(),
    }),
    z.object({ kind: z.literal("fails"), cause: z.string() }),
    z.object({ kind: z.literal("not reached") }),
  ]),
});

/** One system's speed at one model. */
const SystemSchema = z.object({
  /** `Ganglion, cuda`, `PyTorch 2.11, TF32` */
  system: z.string(),
  outcome: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("measured"),
      /** The median of the rounds, and each of them. */
      imagesPerSecond: z.number().positive(),
      rounds: z.array(z.number().positive()).min(1),
      /** Resident memory of the process at most. */
      hostBytes: z.number().positive(),
      /** Of the GPU's memory after the last round, as the driver counts it for the process; null where it does not. */
      gpuBytes: z.number().nonnegative().nullable(),
      /** What PyTorch's allocator held at most; absent of others. */
      allocatorBytes: z.number().nonnegative().optional(),
    }),
    z.object({ kind: z.literal("fails"), cause: z.string() }),
  ]),
});

const SpeedSchema = z.object({
  model: z.string(),
  shard: z.int().positive(),
  outcome: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("measured"),
      stepsOfATurn: z.int().positive(),
      systems: z.array(SystemSchema),
      /** Median over the rounds of Ganglion's images/s beside PyTorch's, and how far the rounds are apart. */
      ratios: z.array(
        z.object({
          system: z.string(),
          beside: z.string(),
          ratio: z.number().positive(),
          spread: z.number().nonnegative(),
        }),
      ),
    }),
    z.object({ kind: z.literal("fails"), cause: z.string() }),
    z.object({ kind: z.literal("not reached") }),
  ]),
});

export const ReportSchema = z.object({
  format: z.literal("ganglion gpu check 1"),
  kind: z.enum(["gpu", "software"]),
  /** What of this no result here speaks of. */
  untested: z.array(z.string()),
  started: z.iso.datetime(),
  seconds: z.number().nonnegative(),
  /** `running`: the check was ended before it could say how. */
  ended: z.enum(["running", "stopped", "complete"]),
  passes: z.boolean(),
  /** Why it does not pass. */
  reasons: z.array(z.string()),
  gpu: z
    .object({
      name: z.string(),
      driver: z.string(),
      memoryBytes: z.number().positive(),
      computeCapability: z.string(),
    })
    .nullable(),
  versions: z.object({
    ganglion: z.string(),
    onnxruntime: z.string(),
    node: z.string(),
    platform: z.string(),
    pytorch: z.string().nullable(),
  }),
  parts: z.array(
    z.object({
      part: z.enum(["doctor", "agreement", "speed"]),
      budgetSeconds: z.number(),
      seconds: z.number(),
    }),
  ),
  /** What `ganglion doctor --json` says; null where it said nothing in its time. */
  doctor: z.record(z.string(), z.unknown()).nullable(),
  tolerance: z.number(),
  agreement: z.array(AgreementSchema),
  speed: z.array(SpeedSchema),
});

export type Report = z.infer<typeof ReportSchema>;
export type Agreement = z.infer<typeof AgreementSchema>;
export type SystemSpeed = z.infer<typeof SystemSchema>;
export type ModelSpeed = z.infer<typeof SpeedSchema>;
export type GpuDevice = z.infer<typeof device>;

/** The file is whole at any time: it is written beside its place and moved there. */
export function writeReport(file: string, report: Report): void {
  const partial = `${file}.partial`;
  writeFileSync(partial, `${JSON.stringify(ReportSchema.parse(report), null, 1)}\n`);
  renameSync(partial, file);
}
