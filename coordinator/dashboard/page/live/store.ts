// All that the page knows, in one place: the events' view, the live series, and what the server keeps beyond them.
import type { NumberedEvent } from "../../events.ts";
import { LiveSeries } from "../series/live-series.ts";
import { mergedGrids } from "../state/grids.ts";
import { afterEvent, afterGap, EMPTY, type RunView } from "../state/run-view.ts";
import { fetchGrids, fetchNames, fetchWarnings, type SeriesName } from "./api.ts";
import { counted } from "../state/warnings.ts";
import { type Connection, listen } from "./socket.ts";

/** However many events come, the page is drawn so often at most. */
const DRAW_PAUSE_MS = 150;
/** After a grid, before the server is asked for its thumbnail; and while it still reads what the run has written. */
const ASK_PAUSE_MS = 1000;
/** After events that are missing, before the server is asked for what it counted: what it keeps has come then. */
const COUNT_PAUSE_MS = 2000;

export interface Snapshot {
  readonly view: RunView;
  readonly connection: Connection;
  /** Milliseconds of the coordinator's clock; null before the first event. */
  readonly heardAt: number | null;
  /** What the server keeps of all steps; null where it does not, or was not asked yet. */
  readonly kept: readonly SeriesName[] | null;
  /** Counts what was drawn: the live series changed with it. */
  readonly version: number;
}

export class Store {
  readonly live = new LiveSeries();
  #now: Snapshot = { view: EMPTY, connection: { kind: "connecting" }, heardAt: null, kept: null, version: 0 };
  readonly #watchers = new Set<(now: Snapshot) => void>();
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #asking: ReturnType<typeof setTimeout> | undefined;

  get now(): Snapshot {
    return this.#now;
  }

  /** Listens to this page's server from now on. */
  start(): void {
    listen({
      hear: (event) => this.#hear(event),
      miss: (missed) => {
        this.#set({ view: afterGap(this.#now.view, missed, new Date().toISOString()) });
        if (missed > 0) setTimeout(() => void this.#count(), COUNT_PAUSE_MS);
      },
      change: (connection) => {
        this.#set({ connection });
        if (connection.kind === "open") this.#askSoon(0);
      },
    });
  }

  /** Calls `watcher` after changes, until the returned function is called. */
  watch(watcher: (now: Snapshot) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #hear(event: NumberedEvent): void {
    const before = this.#now.view;
    const view = afterEvent(before, event);
    const isOther = event.type === "run" && before.run !== null && before.run.run !== event.run;
    if (isOther) this.live.clear();
    this.live.hear(event);
    this.#set({ view, heardAt: Date.parse(event.time), ...(isOther && { kept: null }) });
    if (event.type === "samples" || isOther) this.#askSoon(ASK_PAUSE_MS);
  }

  #askSoon(pauseMs: number): void {
    if (this.#asking !== undefined) return;
    this.#asking = setTimeout(() => {
      this.#asking = undefined;
      void this.#ask();
    }, pauseMs);
  }

  async #ask(): Promise<void> {
    const { run, grids } = this.#now.view;
    // From the newest that the server has answered with already: those have thumbnails.
    const from = grids.findLast(({ thumb, url }) => thumb !== url)?.step ?? 0;
    const [kept, answered] = await Promise.all([fetchNames(), fetchGrids(from)]);
    const { view } = this.#now;
    if (run !== null && view.run?.run !== run.run) return; // another run meanwhile
    if (kept && kept.read < 1) this.#askSoon(ASK_PAUSE_MS);
    this.#set({
      ...(kept && { kept: kept.names }),
      ...(answered && { view: { ...view, grids: mergedGrids(view.grids, answered) } }),
    });
  }

  async #count(): Promise<void> {
    const { run } = this.#now.view;
    const all = await fetchWarnings();
    const { view } = this.#now;
    if (all && view.run?.run === run?.run)
      this.#set({ view: { ...view, warnings: counted(view.warnings, all) } });
  }

  #set(change: Partial<Snapshot>): void {
    this.#now = { ...this.#now, ...change };
    if (this.#drawing !== undefined) return;
    this.#drawing = setTimeout(() => {
      this.#drawing = undefined;
      this.#now = { ...this.#now, version: this.#now.version + 1 };
      for (const watcher of this.#watchers) watcher(this.#now);
    }, DRAW_PAUSE_MS);
  }
}
