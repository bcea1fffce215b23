// One model of the suite, measured in both systems in turns.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ImageSpec } from "../../../coordinator/compiler/models/networks.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import type { DeviceName, EngineChoice } from "../../../worker/engine/engine-choice.ts";
import { pytorchSystem } from "../baselines.ts";
import { benchConfig } from "../config.ts";
import { packageFile } from "../package-file.ts";
import type { PyTorch } from "../pytorch/find-pytorch.ts";
import { type Peer, writePeer } from "../pytorch/write-peer.ts";
import { measureInSubprocess } from "../subprocess.ts";
import { type Ratio, type Row, type System, measureInTurns, ratioOf } from "../turns.ts";
import type { Subject, Work } from "../work.ts";
import { writeImages } from "./images.ts";
import type { SuiteModel } from "./models.ts";

export interface SuiteSettings {
  readonly choice: EngineChoice;
  /** Null: Ganglion alone. */
  readonly pytorch: PyTorch | null;
  readonly threads: number;
  readonly rounds: number;
  /** Steps of a turn; absent: as many as take a few seconds. */
  readonly steps?: number;
  readonly warmUp: number;
  /** Ends what is measured. */
  readonly stop: AbortSignal;
  /** Hears what is done now. */
  readonly progress: (what: string) => void;
}

export interface ModelResult extends Partial<Ratio> {
  readonly model: string;
  readonly shard: number;
  readonly threads: number;
  /** Floating-point operations for each image, convolutions counted as direct ones. */
  readonly operations: number;
  readonly ganglion: Row;
  readonly pytorch?: Row;
}

/** Of the images that `writeImages` makes. */
export const CLASSES = 10;
/** Of images, where a preset asks: sizes are given. */
const USUAL_COUNT = 50_000;

/** @throws GanglionError as its parts do */
export async function measureModel(model: SuiteModel, settings: SuiteSettings): Promise<ModelResult> {
  const { choice, pytorch, threads, rounds, warmUp, stop, progress } = settings;
  const { name, shard } = model;
  const folder = await mkdtemp(join(tmpdir(), "ganglion-suite-"));
  try {
    progress("tracing");
    const { subject, peer } = await prepareModel(model, threads, folder);
    const steps = settings.steps ?? stepsOf(peer.operationsPerSample * shard, choice.device);
    // More than one turn takes: after an epoch a classifier would be tested, between two steps that count.
    const count = (warmUp + steps + 1) * threads * shard;
    await writeImages(subject.data, count, model.images, CLASSES);
    const work: Work = { ...subject, threads, shard, warmUp, steps, ownSchedule: true };
    const environment = { GANGLION_CACHE: join(folder, "cache"), TMPDIR: folder }; // or these images would stay in the user's
    const systems: System[] = [
      { system: "Ganglion", measure: () => measureInSubprocess(choice, work, { environment, stop }) },
    ];
    if (pytorch) {
      progress("comparing with PyTorch");
      systems.push(await pytorchSystem(pytorch, work, peer, stop));
    }
    progress(`round 1 of ${rounds}`);
    const next = (round: number): void => {
      if (round < rounds) progress(`round ${round + 1} of ${rounds}`);
    };
    const [ganglion, other] = await measureInTurns(systems, rounds, next, stop);
    const operations = peer.operationsPerSample;
    const result = { model: name, shard, threads, operations, ganglion };
    return other === undefined ? result : { ...result, pytorch: other, ...ratioOf(ganglion, other) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the model's config, and what PyTorch's script needs, into an empty folder; the images are still to come. */
export async function prepareModel(
  model: SuiteModel,
  threads: number,
  folder: string,
): Promise<{ readonly subject: ModelSubject; readonly peer: Peer }> {
  const { subject, config, images } = await configOfModel(model, threads, folder);
  return { subject, peer: await writePeer(config, images, folder) };
}

export type ModelSubject = Subject & { readonly data: string };

/** Writes the model's config into an empty folder, beside which a folder for its images lies; one shard a thread. */
export async function configOfModel(
  { config, images: imageShape, shard, module }: SuiteModel,
  threads: number,
  folder: string,
): Promise<{ readonly subject: ModelSubject; readonly config: RunConfig; readonly images: ImageSpec }> {
  const [data, file] = [join(folder, "data"), join(folder, "config.json")];
  await mkdir(data);
  await writeFile(file, JSON.stringify(config));
  const subject = { config: file, data, ...(module !== undefined && { model: moduleFile(module) }) };
  const draft = await benchConfig({ ...subject, threads, shard, ownSchedule: true }, 1);
  const images = { imageShape, classes: CLASSES };
  return { subject, config: draft.forData({ ...images, count: USUAL_COUNT }), images };
}

/** Of a thread, or a GPU; what both systems reach about, so that a turn takes a few seconds. */
const USUAL_FLOPS: Readonly<Record<DeviceName, number>> = { cpu: 80e9, webgpu: 5e12, cuda: 5e12 };
const SECONDS = 3;
const [LEAST_STEPS, MOST_STEPS] = [3, 200];

/** Steps of a turn, by the floating-point operations of one. */
export function stepsOf(operations: number, device: DeviceName = "cpu"): number {
  const steps = Math.round((SECONDS * USUAL_FLOPS[device]) / operations);
  return Math.min(MOST_STEPS, Math.max(LEAST_STEPS, steps));
}

/** @throws GanglionError ENGINE where this package has no such file */
function moduleFile(name: string): string {
  const file = fileURLToPath(packageFile(`tests/bench/suite/${name}`));
  if (existsSync(file)) return file;
  throw new GanglionError(
    "ENGINE",
    `the suite's networks are ${file}, which is not there: install the package anew, or run from a copy of its repository`,
  );
}
