// A log file that never stops the program it logs: a line that cannot be written is counted and left out.
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { messageOf } from "./errors.ts";

export interface LogFileOptions {
  readonly file: string;
  /** Hears why lines are missing, once. */
  readonly failing: (cause: string) => void;
  /** The line in place of so many that could not be written; default: JSON, as pino's are. */
  readonly gap?: (missing: number) => string;
}

/** Without NONBLOCK a FIFO that nobody reads would stop the program. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** Where the log's lines go. Writes at once: what is in the file is what had happened, also after a crash. */
export class LogFile {
  readonly #options: LogFileOptions;
  #descriptor: number | null = null;
  /** Lines left out since the last that was written. */
  #missing = 0;
  #isTorn = false;
  #told = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** Never throws; every line is tried, so that the log goes on when the disk has room again. */
  write(line: string): void {
    try {
      this.#descriptor ??= openSync(this.#options.file, FLAGS);
      this.#append(this.#descriptor, `${this.#isTorn ? "\n" : ""}${this.#gap()}${line}`);
      this.#missing = 0;
    } catch (error) {
      this.#missing++;
      this.#close();
      if (this.#told) return;
      this.#told = true;
      this.#options.failing(messageOf(error));
    }
  }

  #append(descriptor: number, text: string): void {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) {
      done += writeSync(descriptor, bytes, done);
      this.#isTorn = done < bytes.length;
    }
  }

  #gap(): string {
    if (this.#missing === 0) return "";
    if (this.#options.gap) return this.#options.gap(this.#missing);
    const time = new Date().toISOString();
    return `${JSON.stringify({ level: 40, time, missing: this.#missing, msg: "lines that could not be written are missing here" })}\n`;
  }

  #close(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    try {
      if (descriptor !== null) closeSync(descriptor);
    } catch {
      // it is closed all the same, and why it could not be written is told
    }
  }
}
