// What a format of data sets is: a row of the table in formats.ts.
import type { Split } from "./dataset.ts";
import type { ImageSource } from "./source.ts";

export interface DataFormat {
  readonly name: string;
  /** Its name is all that is given, and every machine makes the same from it; else a path is read. */
  readonly isBuiltIn: boolean;
  /** What a user gives: a name in quotes, or what lies at the path, as in "the path of …". */
  readonly takes: string;
  /** Whether it reads this source, by what is there and not by its name: looks at it, and never throws. */
  recognizes(source: string): Promise<boolean>;
  /**
   * What changes whenever the source's content does, where a look at one file tells; null where it has to be opened: then
   * its `identity` tells.
   */
  identify?(source: string): Promise<readonly string[] | null>;
  /**
   * Finds out what there is: names, labels, shapes. Lets the event loop turn meanwhile, so that heartbeats go on.
   *
   * @throws GanglionError DATA with what is wrong and the remedy
   */
  open(source: string, split: Split, options: OpenOptions): Promise<ImageSource>;
}

export interface OpenOptions {
  /** Called while something takes long: what is done, in words, such as `reading`; how much of how much. */
  readonly onProgress?: OnProgress;
}

export type OnProgress = (doing: string, done: number, total: number) => void;
