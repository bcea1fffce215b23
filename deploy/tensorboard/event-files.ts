// Writes a run's numbers and sample grids as TensorBoard's event files, into `tensorboard/` of its folder.
import { type FileHandle, open, readFile, readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import type { EventHistory } from "../../coordinator/dashboard/history.ts";
import { lineOfEvaluation, lineOfStep } from "../../coordinator/records/stats/stats-line.ts";
import { messageOf } from "../../shared/errors.ts";
import { makeFolder } from "../../shared/make-folder.ts";
import { cutBack, isEventFile } from "./cut-back.ts";
import { type SummaryEvent, encodeEvent } from "./event.ts";
import { encodeRecord } from "./record.ts";

export interface EventFilesOptions {
  /** Of the run. */
  readonly folder: { readonly path: string };
  readonly history: EventHistory;
  /** Steps made before: what earlier files have of later ones is dropped, since the run makes it again. */
  readonly fromStep: number;
  /** Hears why they lack something, once; the run goes on. */
  readonly failing: (cause: string) => void;
}

export interface EventFiles {
  /** Writes what is left; never rejects. */
  close(): Promise<void>;
}

/** So long lines wait for each other, so that a fast run does not write each step by itself. */
const WAIT_MS = 1000;
/** Records that wait for a slow disk, in bytes; what is more is left out. */
const MOST_WAITING_BYTES = 64 << 20;

/** A new file for this session, made with its first step: a run that is refused before leaves all as it was. */
export function writeEventFiles({ folder, history, fromStep, failing }: EventFilesOptions): EventFiles {
  const writer = new Writer(join(folder.path, "tensorboard"), fromStep, failing);
  const unsubscribe = history.subscribe((event) => {
    const summary = summaryOf(event);
    if (summary) writer.write(summary);
  });
  return {
    async close() {
      unsubscribe();
      await writer.close();
    },
  };
}

/** What waits to be written: of a picture, where it is. */
type Waiting = Exclude<SummaryEvent, { kind: "picture" }> | { readonly kind: "grid"; readonly seconds: number; readonly step: number; readonly file: string }; // prettier-ignore

function summaryOf(event: NumberedEvent): Waiting | null {
  const seconds = Date.parse(event.time) / 1000;
  switch (event.type) {
    case "step": {
      const { type: _type, id: _id, time: _time, ...facts } = event;
      const { step, ...values } = lineOfStep(facts);
      return { kind: "scalars", seconds, step, values };
    }
    case "evaluation": {
      const { extractor: _extractor, resizer: _resizer, images, seed, floor } = event;
      const terms = images === undefined || seed === undefined ? undefined : { images, seed, floor: floor ?? null }; // prettier-ignore
      const { step, ...values } = lineOfEvaluation(event.step, event.metrics, terms);
      return { kind: "scalars", seconds, step, values };
    }
    case "samples":
      return { kind: "grid", seconds, step: event.step, file: event.file };
    case "run":
    case "compiled":
    case "workers":
    case "checkpoint":
    case "control":
    case "warning":
      return null;
    default:
      return event satisfies never;
  }
}

class Writer {
  readonly #folder: string;
  readonly #fromStep: number;
  readonly #failing: (cause: string) => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #handle: FileHandle | null = null;
  /** Whole records end here. */
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #hasFailed = false;

  constructor(folder: string, fromStep: number, failing: (cause: string) => void) {
    this.#folder = folder;
    this.#fromStep = fromStep;
    this.#failing = failing;
  }

  write(event: Waiting): void {
    if (this.#waitingBytes > MOST_WAITING_BYTES) return this.#fail("the disk is too slow for it");
    this.#waiting.push(event);
    this.#waitingBytes += event.kind === "scalars" ? 40 * Object.keys(event.values).length : 200;
    this.#timer ??= setTimeout(() => void this.#flush(), WAIT_MS).unref();
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#handle?.close().catch((error: unknown) => this.#fail(messageOf(error)));
    this.#handle = null;
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    this.#writing = this.#drain();
    await this.#writing;
  }

  /** Never rejects. A record that was written in part is cut off before the next. */
  async #drain(): Promise<void> {
    const events = this.#waiting.splice(0);
    this.#waitingBytes = 0;
    if (events.length === 0) return;
    try {
      this.#handle ??= await this.#open(events[0].seconds);
      const records: Buffer[] = [];
      for (const event of events) {
        const summary = await summarized(event);
        if (summary) records.push(encodeRecord(encodeEvent(summary)));
      }
      const bytes = Buffer.concat(records);
      await this.#handle.truncate(this.#size);
      await this.#handle.write(bytes, 0, bytes.length, this.#size);
      this.#size += bytes.length;
      this.#hasFailed = false;
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  async #open(seconds: number): Promise<FileHandle> {
    await makeFolder(this.#folder);
    await cutBack(this.#folder, this.#fromStep);
    const earlier = (await readdir(this.#folder)).filter(isEventFile).length;
    const name = `events.out.tfevents.${Math.floor(seconds)}.${hostname()}.${process.pid}.${earlier}`;
    const handle = await open(join(this.#folder, basename(name)), "wx+");
    const begin = encodeRecord(encodeEvent({ kind: "begin", seconds }));
    await handle.write(begin, 0, begin.length, 0);
    this.#size = begin.length;
    return handle;
  }

  #fail(cause: string): void {
    if (!this.#hasFailed) this.#failing(cause);
    this.#hasFailed = true;
  }
}

/** Null for a picture that is there no more. */
async function summarized(event: Waiting): Promise<SummaryEvent | null> {
  if (event.kind !== "grid") return event;
  const png = await readFile(event.file).catch(() => null);
  return png && { kind: "picture", seconds: event.seconds, step: event.step, tag: "samples", png };
}
