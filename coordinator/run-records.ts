// What a run leaves in its folder while it trains: ledger, stats, checkpoints.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunConfig } from "../shared/config.ts";
import { replaceFile } from "../shared/durable-file.ts";
import { GanglionError, messageOf } from "../shared/errors.ts";
import { type JsonLines, openJsonLines, truncateJsonLines } from "../shared/json-lines.ts";
import type { Layout } from "../shared/models/layout.ts";
import { type Checkpoint, saveCheckpoint } from "./checkpoint.ts";
import type { CheckpointConfig } from "./checkpoint-config.ts";
import type { RunEvent } from "./dashboard/events.ts";
import type { Fingerprints } from "./fingerprints.ts";
import type { Learner } from "./learner.ts";
import { type Ledger, type LedgerEntry, openLedger } from "./ledger.ts";
import type { StepEvent } from "./progress.ts";
import type { RunFolder } from "./run-folder.ts";
import { type Weights, weightsHash } from "./weights.ts";

export interface RecordsOptions {
  readonly folder: RunFolder;
  /** The checkpoint's `config`. */
  readonly about: CheckpointConfig;
  readonly fingerprints: Fingerprints;
  readonly layout: Layout;
  readonly weights: Weights;
  readonly learner: Learner;
  readonly arithmetic: () => string;
  readonly publish: (event: RunEvent) => void;
  /** The checkpoint that is gone on from: what lies beyond it in the records is dropped. */
  readonly resumed: Pick<Checkpoint, "step" | "version"> | null;
  /** Hears of records that are damaged. */
  readonly warn: (code: string, message: string) => void;
}

export class RunRecords {
  readonly #options: RecordsOptions;
  readonly #ledger: Ledger;
  readonly #stats: JsonLines;

  private constructor(options: RecordsOptions, ledger: Ledger, stats: JsonLines) {
    this.#options = options;
    this.#ledger = ledger;
    this.#stats = stats;
  }

  static async open(options: RecordsOptions): Promise<RunRecords> {
    const { ledgerFile, statsFile, samples } = options.folder;
    const warn = (message: string): void => options.warn("RUN_FOLDER", message);
    const { step, version } = options.resumed ?? { step: 0, version: 0 };
    const ledger = await openLedger(ledgerFile, version, warn);
    let damaged = 0;
    await truncateJsonLines(
      statsFile,
      (line) => (line as { step: number }).step <= step,
      () => damaged++,
    );
    if (damaged > 0)
      warn(`${statsFile} had lines that are no JSON objects, ${damaged} of them: they were dropped`);
    await mkdir(samples, { recursive: true });
    await removePicturesAfter(step, samples);
    return new RunRecords(options, ledger, await openJsonLines(statsFile));
  }

  get samplesFolder(): string {
    return this.#options.folder.samples;
  }

  /** A phase that was applied. */
  commit(entry: LedgerEntry): void {
    this.#ledger.append(entry);
  }

  step(event: StepEvent): void {
    this.#stats.write(event);
  }

  evaluation(step: number, metrics: Readonly<Record<string, number>>): void {
    this.#stats.write({ step, evaluation: metrics });
  }

  /** Makes everything up to the cursor durable. */
  async checkpoint({ step, position }: { readonly step: number; readonly position: number }): Promise<void> {
    const { folder, about, fingerprints, layout, weights, learner, arithmetic, publish } = this.#options;
    await Promise.all([this.#ledger.flush(), this.#stats.flush()]);
    const { version, current } = weights;
    const hash = weightsHash(current);
    const file = await saveCheckpoint(folder, {
      step,
      version,
      position,
      images: position,
      config: about,
      layout,
      weights: current,
      ...learner.state,
      arithmetic: arithmetic(),
      fingerprints,
    });
    publish({ type: "checkpoint", step, file, weightsHash: hash });
  }

  async close(): Promise<void> {
    await Promise.all([this.#ledger.close(), this.#stats.close()]);
  }
}

/**
 * Writes what the run is, before it begins or goes on: a run that is killed before its first checkpoint begins again with
 * that. Rejects with RUN_FOLDER.
 */
export async function recordStart(
  { fingerprintsFile, configFile }: Pick<RunFolder, "fingerprintsFile" | "configFile">,
  config: RunConfig,
  fingerprints: Fingerprints,
): Promise<void> {
  const contents = [
    [fingerprintsFile, fingerprints],
    [configFile, config], // last: with it the folder is a run
  ] as const;
  for (const [file, content] of contents) {
    try {
      await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`);
    } catch (error) {
      const message = `cannot write ${file}: ${messageOf(error)}; make room, or see who may write there`;
      throw new GanglionError("RUN_FOLDER", message, { cause: error });
    }
  }
}

/** Pictures of steps that the resumed run has yet to make. */
async function removePicturesAfter(step: number, folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^\d{6,}\.png$/.test(name) && Number.parseInt(name, 10) > step) await rm(join(folder, name));
  }
}
