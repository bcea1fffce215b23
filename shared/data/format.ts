// What a format of data sets is: a row of the table in formats.ts.
import type { Dataset, DatasetSummary, Split } from "./dataset.ts";
import type { ImageSource } from "./source.ts";

export interface DataFormat {
  readonly name: string;
  /** Its name is all that is given, and every machine makes the same from it; else a path is read. */
  readonly isBuiltIn: boolean;
  /** What a user gives, as in "give …". */
  readonly takes: string;
  /** Whether it reads this source: looks at it, and never throws. */
  recognizes(source: string): Promise<boolean>;
  /**
   * Lets the event loop turn meanwhile, so that heartbeats go on.
   *
   * @throws GanglionError DATA with what is wrong and the remedy
   */
  read?(source: string, split: Split, options: ReadOptions): Promise<Dataset>;
  /**
   * Finds out what there is: names, labels, shapes. Lets the event loop turn meanwhile, so that heartbeats go on.
   *
   * @throws GanglionError DATA with what is wrong and the remedy
   */
  open?(source: string, split: Split, options: OpenOptions): Promise<ImageSource>;
  /** What `read` would give, where that is known without reading. */
  summarize?(split: Split): DatasetSummary;
}

export interface ReadOptions {
  /** Called as a built-in data set is drawn (once on a machine: it is kept in the cache): images done, images in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface OpenOptions {
  /** Called while something takes long: what is done, in words, such as `reading`; how much of how much. */
  readonly onProgress?: OnProgress;
}

export type OnProgress = (doing: string, done: number, total: number) => void;
