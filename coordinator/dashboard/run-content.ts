// What the dashboard has of one run: its events, its files, and who listens.
import type { RunPaths } from "../records/run-paths.ts";
import { Clients } from "./clients.ts";
import type { NumberedEvent } from "./events.ts";
import type { EventHistory } from "./history.ts";
import { RunMetrics } from "./metrics/metrics.ts";
import { GridList } from "./pictures/grids.ts";
import { Thumbnails } from "./pictures/thumbnails.ts";
import { RunSeries } from "./series/run-series.ts";
import { WarningDigest } from "./warning-digest.ts";

export interface RunContentOptions {
  readonly history: EventHistory;
  readonly folder: RunPaths;
  /** Whether this process may write what is derived from the stats into the folder; asked each time. Default: always. */
  readonly mayWrite?: () => Promise<boolean>;
  /** Pause after each 4 ms of reading the stats; default 16, which leaves the training four fifths of the thread. */
  readonly pauseMs?: number;
}

/** So often the stats that a training run writes are read on, so that little is left for the first who asks. */
const READING_MS = 5000;

export class RunContent {
  readonly history: EventHistory;
  readonly folder: RunPaths;
  readonly clients: Clients;
  readonly grids: GridList;
  readonly thumbnails: Thumbnails;
  readonly series: RunSeries;
  readonly warnings = new WarningDigest();
  readonly metrics = new RunMetrics();
  readonly #unsubscribe: () => void;
  #columns: readonly string[] | null = null;
  #readAt = 0;

  constructor({ history, folder, mayWrite, pauseMs = 16 }: RunContentOptions) {
    this.history = history;
    this.folder = folder;
    this.clients = new Clients(history);
    this.grids = new GridList(folder);
    this.thumbnails = new Thumbnails(folder.samples);
    const { statsFile, seriesFile } = folder;
    this.series = new RunSeries({
      statsFile,
      seriesFile,
      mayWrite: mayWrite ?? (() => Promise.resolve(true)),
      pauseMs,
    });
    for (const event of history.since(0).events) this.#observe(event);
    this.#unsubscribe = history.subscribe((event) => this.#observe(event));
  }

  /** The classes by column of a sample grid; null where the generator is told none, or it is not known. */
  get columns(): readonly string[] | null {
    return this.#columns;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.clients.close();
    await this.series.close();
  }

  #observe(event: NumberedEvent): void {
    this.warnings.observe(event);
    this.metrics.observe(event);
    if (event.type === "samples") this.#columns = event.columns ?? null;
    if (event.type === "step" && performance.now() - this.#readAt > READING_MS) {
      this.#readAt = performance.now();
      void this.series.refresh();
    }
  }
}
