// What a run was started with beside its config: data, programs and module, so that a resume can tell when they differ.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { RunConfig } from "../../shared/config/config.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { messageOf } from "../../shared/errors.ts";
import type { ModelCopy } from "../compiler/models/users/copy/model-copy.ts";
import { identifyModule } from "../compiler/models/users/module-identity.ts";
import type { CompiledRun } from "../compiler/compile-run.ts";
import { programFingerprint } from "../../shared/program/program-fingerprint.ts";
import { isRegularFile, readRegularFile } from "../../shared/regular-file.ts";
import { weightsHash } from "../update/weights.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const data = z.object({ name: z.string(), count: z.int().nonnegative(), fingerprint: hash });

export const fingerprintsSchema = z.object({
  train: data,
  /** Of the test split; null in a run that evaluates nothing. */
  test: data.nullable(),
  /** Of each program by what it is for: `phase both`, `samples`, `evaluation`. */
  programs: z.record(z.string(), hash),
  /** Of what holds for some weights after each update, which is no part of a program. */
  constraints: hash,
  /** Of the weights before the first step. */
  initialWeights: hash,
  /** The hash of the run's module; null where it has none. */
  module: hash.nullable(),
});
export type Fingerprints = z.infer<typeof fingerprintsSchema>;
export type DataFingerprints = Pick<Fingerprints, "train" | "test">;

/** The name of the generator's program among the fingerprints. */
export const SAMPLES = "samples";

export interface Fingerprinted {
  readonly config: RunConfig;
  readonly train: Dataset;
  /** The test split, for runs that evaluate. */
  readonly test: Dataset | null;
  /** The run's own copy of its module, which says what it was made from: the module itself may be gone. */
  readonly copy?: ModelCopy | null;
}

/** @throws the system's error when the module cannot be read */
export async function fingerprintsOf(
  { config, train, test, copy }: Fingerprinted,
  compiled: CompiledRun,
): Promise<Fingerprints> {
  const { model } = config;
  return {
    ...dataFingerprints({ train, test }),
    programs: programFingerprints(compiled),
    constraints: createHash("sha256").update(JSON.stringify(compiled.constraints)).digest("hex"),
    initialWeights: weightsHash(compiled.initialWeights),
    module:
      model.kind === "module" ? (copy?.module?.original ?? (await identifyModule(model.file)).hash) : null,
  };
}

export function programFingerprints({ phases, whole, programs }: CompiledRun): Record<string, string> {
  const fingerprints = new Map(
    phases.map(({ name, program }) => [`phase ${name}`, programFingerprint(programs.get(program)!)]),
  );
  if (whole.samples !== null) fingerprints.set(SAMPLES, whole.samples);
  if (whole.evaluation !== null) fingerprints.set("evaluation", whole.evaluation);
  return Object.fromEntries(fingerprints);
}

export function dataFingerprints({ train, test }: Pick<Fingerprinted, "train" | "test">): DataFingerprints {
  return { train: ofData(train), test: test && ofData(test) };
}

function ofData({ name, count, fingerprint }: Dataset): z.infer<typeof data> {
  return { name, count, fingerprint };
}

/** Those in a run's folder; null where there are none, or where they cannot be read: then `unreadable` gets the reason. */
export async function readFingerprints(
  file: string,
  unreadable: (why: string) => void,
): Promise<Fingerprints | null> {
  if (!(await isRegularFile(file))) return null;
  try {
    return fingerprintsSchema.parse(JSON.parse(await readRegularFile(file)));
  } catch (error) {
    unreadable(`${file} cannot be read: ${messageOf(error)}`);
    return null;
  }
}
