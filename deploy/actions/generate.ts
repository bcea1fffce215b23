// `ganglion generate`: images from a checkpoint.
import { availableParallelism } from "node:os";
import { GanglionError } from "../../shared/errors.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { frozenNow } from "../../shared/program/now-inputs.ts";
import { classColumns } from "../../shared/program/class-columns.ts";
import { mostThreads } from "../../worker/engine/engine-choice.ts";
import { freePlace, placeFor } from "../export/places.ts";
import { type ExportSource, withSource } from "../export/source.ts";
import { findClasses } from "../generate/classes.ts";
import { draw } from "../generate/draw.ts";
import { type Form, type GenerateFlags, checkOut, formOf } from "../generate/flags.ts";
import { interpolate } from "../generate/interpolation.ts";
import { animationOutput } from "../generate/outputs/animation.ts";
import { arrayOutput } from "../generate/outputs/arrays.ts";
import { gridOutput } from "../generate/outputs/grid.ts";
import type { Output } from "../generate/outputs/output.ts";
import { singlesOutput } from "../generate/outputs/singles.ts";
import { type Pictures, parseSeeds, picturesOf } from "../generate/pictures.ts";
import { showProgress } from "../generate/progress.ts";
import { settleEngine } from "../nodes/settle-engine.ts";
import { catchInterrupts } from "../run/interrupts.ts";
import { displayPath, duration } from "../terminal/format.ts";
import { complain, say } from "../terminal/output.ts";

/** Images that one thread draws at once; fewer where fewer are wanted. */
const BATCH = 64;
const USUAL_COUNT = 64;
const USUAL_KEYS = 8;
/** From one picture to the next, and how many frames a second. */
const SECONDS_EACH = 1.5;
const FRAMES_A_SECOND = 20;

export async function generate(named: string | undefined, flags: GenerateFlags): Promise<void> {
  const form = formOf(flags);
  if (flags.out !== undefined) await checkOut(flags.out, form);
  const options = { ...flags, named: nameOf(named, flags), warn };
  await withSource(options, (source) => drawFrom(source, flags, form));
}

async function drawFrom(source: ExportSource, flags: GenerateFlags, form: Form): Promise<void> {
  const { checkpoint, config, trained, weights } = source;
  if (!trained.networks.generator)
    throw new GanglionError("USAGE", `${source.file} is of a ${config.task}, which draws no images`);
  const takesLabels = trained.networks.generator.inputs.length > 1;
  const { classes } = checkpoint.config;
  const chosen =
    flags.class === undefined ? undefined : findClasses(flags.class, checkpoint.config, takesLabels);
  const wanted = wantedPictures(flags, form, {
    config,
    classes,
    takesLabels,
    ...(chosen && { chosen }),
  });
  const { pictures } = wanted;
  const batch = Math.min(BATCH, pictures.count);
  const program = frozenNow(await trained.trace("generator", batch), source.now);
  const { choice } = await settleEngine(flags, 1);
  const threads = Math.min(flags.threads ?? availableParallelism(), mostThreads(choice));
  const usual = placeFor({ ...source, step: checkpoint.step }, "generated", usualName(form));
  const out = flags.out ?? (await freePlace(usual));
  const interrupts = catchInterrupts(complain, "stopping: nothing is written");
  const output = await openOutput(form, { source, flags, out, wanted, takesLabels, chosen });
  const progress = showProgress(pictures.count);
  const started = performance.now();
  try {
    const { layout } = trained;
    const seed = flags.seed ?? config.seed;
    const isSteady = form.kind === "animation";
    await draw(
      {
        program,
        batch,
        layout,
        weights,
        choice,
        threads,
        pictures,
        classes,
        seed,
        isSteady,
        signal: interrupts.stop,
      },
      async (first, images) => {
        await output.take(first, images);
        progress.done(first + batch);
      },
    );
    interrupts.stop.throwIfAborted();
    await output.finish();
  } catch (error) {
    await output.discard();
    if (!interrupts.stop.aborted) throw error;
    process.exitCode = 1;
    return;
  } finally {
    progress.end();
    interrupts.release();
  }
  const took = pictures.count > 1024 ? ` (${duration((performance.now() - started) / 1000)})` : "";
  say(`${wanted.text} of step ${checkpoint.step} in ${flags.out ?? displayPath(out)}${took}`);
}

interface Wanted {
  readonly pictures: Pictures;
  /** Pictures of a grid or frame, in a row where classes take turns. */
  readonly tiles: number;
  readonly frames: number;
  readonly seconds: number;
  /** E.g. `64 images`. */
  readonly text: string;
}

interface Drawn {
  readonly config: RunConfig;
  readonly classes: number;
  readonly takesLabels: boolean;
  readonly chosen?: readonly number[];
}

function wantedPictures(flags: GenerateFlags, form: Form, drawn: Drawn): Wanted {
  const { config, classes, chosen } = drawn;
  const seeds = flags.seeds === undefined ? undefined : parseSeeds(flags.seeds);
  const { truncation, seed = config.seed } = flags;
  const choice = {
    seed,
    classes,
    truncation,
    ...(seeds && { seeds }),
    ...(chosen && { chosen }),
  };
  if (form.kind !== "animation") {
    const count = seeds?.length ?? flags.count ?? USUAL_COUNT;
    const columns = form.kind === "grid" ? columnsOf(flags, drawn, count) : null;
    const pictures = picturesOf({ ...choice, count, columns });
    const text = pictures.count === 1 ? "1 image" : `${pictures.count} images`;
    return { pictures, tiles: pictures.count, frames: 1, seconds: 0, text };
  }
  const tiles = flags.count ?? 1;
  const keysEach = keysOf(flags, seeds);
  const { seconds = keysEach * SECONDS_EACH } = flags;
  const frames = flags.frames ?? Math.max(2, Math.round(seconds * FRAMES_A_SECOND));
  const keys = picturesOf({ ...choice, count: keysEach * tiles });
  const pictures = interpolate({ keys, keysEach, tiles, frames, latentSize: config.latentSize });
  return { pictures, tiles, frames, seconds, text: `${frames} frames through ${keysEach} images` };
}

/** Of a grid or of frames side by side that have a class each; null where rows are of any length. */
function columnsOf(
  { columns }: GenerateFlags,
  { classes, chosen, takesLabels }: Pick<Drawn, "classes" | "chosen" | "takesLabels">,
  images: number,
): number | null {
  const own = takesLabels ? classColumns(chosen?.length ?? classes, images) : null;
  return columns === undefined || columns === own ? own : null;
}

function keysOf({ interpolate: asked, seeds: text }: GenerateFlags, seeds?: readonly number[]): number {
  if (seeds === undefined) return asked === true || asked === undefined ? USUAL_KEYS : asked;
  const keys = seeds.length;
  if (keys < 2)
    throw new GanglionError(
      "USAGE",
      `--interpolate leads from image to image, and --seeds ${text} is one: give at least two`,
    );
  if (typeof asked === "number" && asked !== keys)
    throw new GanglionError(
      "USAGE",
      `--interpolate ${asked} and the ${keys} of --seeds ${text} differ: give --interpolate without a number`,
    );
  return keys;
}

interface OutputChoice {
  readonly source: ExportSource;
  readonly flags: GenerateFlags;
  readonly out: string;
  readonly wanted: Wanted;
  readonly takesLabels: boolean;
  /** Classes that take turns; without them all. */
  readonly chosen?: readonly number[] | undefined;
}

async function openOutput(
  form: Form,
  { source, flags, out, wanted, takesLabels, chosen }: OutputChoice,
): Promise<Output> {
  const { imageShape, classes, labels } = source.checkpoint.config;
  const { pictures, tiles } = wanted;
  const common = { out, count: pictures.count, imageShape };
  const columns =
    flags.columns ?? columnsOf(flags, { classes, takesLabels, ...(chosen && { chosen }) }, tiles);
  const row = columns === null ? {} : { columns };
  switch (form.kind) {
    case "grid":
      return gridOutput({ ...common, ...row });
    case "singles":
      return singlesOutput({ ...common, kind: form.image });
    case "array": {
      const numbers = Int32Array.from({ length: takesLabels ? pictures.count : 0 }, (_, i) => {
        const one = pictures.classOf(i);
        return labels?.[one] ?? one;
      });
      return arrayOutput({ ...common, ...(takesLabels && { labels: numbers }) });
    }
    case "animation":
      return animationOutput({ ...common, ...row, tiles, frames: wanted.frames, seconds: wanted.seconds });
    default:
      return form satisfies never;
  }
}

function usualName(form: Form): string {
  switch (form.kind) {
    case "grid":
      return "grid.png";
    case "singles":
      return form.image;
    case "array":
      return "images.npy";
    case "animation":
      return "interpolation.webp";
    default:
      return form satisfies never;
  }
}

function nameOf(named: string | undefined, { checkpoint }: GenerateFlags): string {
  const name = named ?? checkpoint;
  const remedy = "give a run by number, name or folder, or a .safetensors file: ganglion generate RUN";
  if (name === undefined)
    throw new GanglionError("USAGE", `generate draws from a trained generator, and none is named: ${remedy}`);
  if (checkpoint === undefined || checkpoint === name) return name;
  throw new GanglionError("USAGE", `${named} and --checkpoint ${checkpoint} name two: leave one out`);
}

function warn(message: string): void {
  complain(`warning: ${message}`);
}
