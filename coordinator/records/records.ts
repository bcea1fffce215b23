// What a run writes to its folder while it trains.
//
// When ledger or checkpoints cannot be written it stops, because they are authoritative; without stats and sample images it
// goes on, and warns.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunConfig } from "../../shared/config/config.ts";
import { type ImageGrid, encodeImageGrid } from "./sample-grid.ts";
import { replaceFile } from "./files/durable-file.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { type LenientJsonLines, openLenientJsonLines } from "./files/lenient-json-lines.ts";
import { makeFolder } from "../../shared/make-folder.ts";
import type { Layout } from "../../shared/protocol/layout.ts";
import { saveCheckpoint } from "./checkpoint/checkpoint.ts";
import { indexPictures } from "./checkpoint/picture-index.ts";
import { Retention } from "./checkpoint/retention.ts";
import type { Checkpoint } from "./checkpoint/checkpoint-content.ts";
import { type CheckpointConfig, configOf } from "./checkpoint/checkpoint-config.ts";
import type { EvaluationTerms, RunEvent } from "../dashboard/events.ts";
import type { Fingerprints } from "./fingerprints.ts";
import { recordModel } from "./model-files.ts";
import type { ModelCopy } from "../compiler/models/users/copy/model-copy.ts";
import type { Updater } from "../update/update.ts";
import { type Ledger, type LedgerEntry, openLedger } from "./ledger.ts";
import type { StepEvent } from "../progress.ts";
import type { RunFolder } from "./run-folder.ts";
import { BEST_BY, lineOfEvaluation, lineOfStep, statsLineOf } from "./stats/stats-line.ts";
import { Unwritten } from "./unwritten.ts";
import { type Weights, weightsHash } from "../update/weights.ts";

export interface RecordsOptions {
  readonly folder: RunFolder;
  /** The checkpoint's `config`. */
  readonly about: CheckpointConfig;
  readonly fingerprints: Fingerprints;
  /** The run's own copy of its module and saved networks; null where it has none. */
  readonly copy?: ModelCopy | null;
  readonly layout: Layout;
  readonly weights: Weights;
  readonly updater: Updater;
  /** What decides the bits beside config and code, for checkpoints. */
  readonly numerics: () => string;
  readonly publish: (event: RunEvent) => void;
  /** The checkpoint that the run goes on from: what lies beyond it in the records is dropped. */
  readonly resumed: Pick<Checkpoint, "step" | "version"> | null;
  /** Whether the folder was made for it just now. */
  readonly isNew?: boolean;
  /** Called for records that are damaged or cannot be written. */
  readonly warn: (code: string, message: string) => void;
}

export class Records {
  readonly #options: RecordsOptions;
  readonly #ledger: Ledger;
  readonly #stats: LenientJsonLines;
  readonly #retention: Retention;
  readonly #unwritten: Unwritten;

  private constructor(
    options: RecordsOptions,
    ledger: Ledger,
    stats: LenientJsonLines,
    retention: Retention,
    unwritten: Unwritten,
  ) {
    this.#options = options;
    this.#retention = retention;
    this.#unwritten = unwritten;
    this.#ledger = ledger;
    this.#stats = stats;
  }

  static async open(options: RecordsOptions): Promise<Records> {
    const { ledgerFile, statsFile, samples } = options.folder;
    const warn = (message: string): void => options.warn("RUN_FOLDER", message);
    const { step, version } = options.resumed ?? { step: 0, version: 0 };
    const goesOnElsewhere = version > 0 && options.isNew === true; // then the ledger up to there is another run's
    const ledger = await openLedger(ledgerFile, version, goesOnElsewhere ? undefined : warn);
    const unwritten = new Unwritten(warn);
    const retention = new Retention(configOf(options.about));
    const stats = await openLenientJsonLines({
      file: statsFile,
      keep(line) {
        const values = statsLineOf(line);
        if (values === null || values["step"] > step) return false;
        if (BEST_BY in values) retention.measured(values["step"], values[BEST_BY]);
        return true;
      },
      failing: (cause) => unwritten.warn(statsFile, "its charts lack these steps", cause),
      damaged: (lines) =>
        warn(`${statsFile} had lines that are no JSON objects, ${lines} of them: they were dropped`),
    });
    await unwritten.attempt(samples, "pictures of steps that it has yet to make stay there", async () => {
      await makeFolder(samples);
      await removePicturesAfter(step, samples);
    });
    return new Records(options, ledger, stats, retention, unwritten);
  }

  /** A phase that was applied. */
  commit(entry: LedgerEntry): void {
    this.#ledger.append(entry);
  }

  step(event: StepEvent): void {
    this.#stats.write(lineOfStep(event));
  }

  /** Of the weights after `step`. A `fid` among them decides which checkpoint is the best. `terms`: what a generator's rest on. */
  evaluation(step: number, metrics: Readonly<Record<string, number>>, terms?: EvaluationTerms): void {
    const line = lineOfEvaluation(step, metrics, terms);
    if (BEST_BY in line) this.#retention.measured(step, line[BEST_BY]);
    this.#stats.write(terms ? { ...line, extractor: terms.extractor, resizer: terms.resizer } : line);
  }

  /** Whether the weights after `step` have the best FID so far: then a checkpoint of them is worth having. */
  isBest(step: number): boolean {
    return this.#retention.isBest(step);
  }

  /** Writes a PNG to `samples/`, and resolves with its path; null where it could not be written. */
  async picture(name: string, grid: ImageGrid): Promise<string | null> {
    const { samples } = this.#options.folder;
    const file = join(samples, name);
    const png = await encodeImageGrid(grid);
    const isWritten = await this.#unwritten.attempt(`pictures to ${samples}`, "this one is missing", () =>
      replaceFile(file, png),
    );
    return isWritten ? file : null;
  }

  /**
   * Makes everything up to the cursor durable.
   *
   * @throws GanglionError as `saveCheckpoint`
   */
  async checkpoint({ step, position }: { readonly step: number; readonly position: number }): Promise<void> {
    const { folder, about, fingerprints, copy, layout, weights, updater, numerics, publish } = this.#options;
    await Promise.all([this.#ledger.flush(), this.#stats.flush()]);
    const { version, current } = weights;
    const hash = weightsHash(current);
    const checkpoint = {
      step,
      version,
      position,
      images: position,
      config: about,
      layout,
      weights: current,
      ...updater.state,
      numerics: numerics(),
      fingerprints,
      ...(copy && { model: copy }),
    };
    const file = await saveCheckpoint(folder, checkpoint, this.#retention);
    publish({ type: "checkpoint", step, file, weightsHash: hash });
    await this.#indexPictures();
  }

  async #indexPictures(): Promise<void> {
    const { pictureIndexFile: file, samples } = this.#options.folder;
    await this.#unwritten.attempt(`pictures to ${samples}`, "their index.json is an older one", async () =>
      replaceFile(file, `${JSON.stringify(await indexPictures(this.#options.folder), null, 2)}\n`),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#ledger.close(), this.#stats.close()]);
  }
}

/**
 * Writes what the run is, before it starts or goes on: a run that is killed before its first checkpoint starts again with
 * that.
 *
 * @throws GanglionError RUN_FOLDER when a file cannot be written
 */
export async function recordStart(
  folder: Pick<RunFolder, "fingerprintsFile" | "configFile" | "model">,
  config: RunConfig,
  fingerprints: Fingerprints,
  copy: ModelCopy | null = null,
): Promise<void> {
  const { fingerprintsFile, configFile } = folder;
  if (copy) await recordModel(folder, copy);
  const contents = [
    [fingerprintsFile, fingerprints],
    [configFile, config], // last: with it the folder is a run
  ] as const;
  for (const [file, content] of contents) {
    try {
      await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`);
    } catch (error) {
      const message = `cannot write ${file}: ${messageOf(error)}; make room, or choose another folder with --out`;
      throw new GanglionError("RUN_FOLDER", message, { cause: error });
    }
  }
}

/** Removes the images of steps that the resumed run has yet to make. */
async function removePicturesAfter(step: number, folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\d{6,}\.png$/.test(name) && Number.parseInt(name, 10) > step) await rm(join(folder, name));
  }
}
