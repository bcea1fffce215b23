// What a format of data sets is: a row of the table in formats.ts.
import type { Dataset, DatasetSummary, Split } from "./dataset.ts";

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
  read(source: string, split: Split, options: ReadOptions): Promise<Dataset>;
  /** What `read` would give, where that is known without reading. */
  summarize?(split: Split): DatasetSummary;
}

export interface ReadOptions {
  /** Called as a built-in data set is drawn (once on a machine: it is kept in the cache): images done, images in all. */
  readonly onProgress?: (done: number, total: number) => void;
}
