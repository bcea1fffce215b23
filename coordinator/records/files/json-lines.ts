// Files of one JSON object a line: appended while a run goes on, cut back when it is resumed.
import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { replaceFile } from "./durable-file.ts";
import { GatheredWrites } from "./gathered-writes.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";

export interface JsonLines {
  /**
   * Appends one line, soon.
   *
   * @throws GanglionError RUN_FOLDER when an earlier line could not be written (disk full): what follows it would be lost
   */
  write(value: object): void;
  /**
   * Resolves when every line so far is durable (fsync).
   *
   * @throws GanglionError RUN_FOLDER when one could not be written
   */
  flush(): Promise<void>;
  /** Flushes and closes the file, also when flushing fails. After that, `write` throws; closing again does nothing. */
  close(): Promise<void>;
}

/** Opens `file` to append to it; it is made if it is not there. After a crash, `truncateJsonLines` comes first. */
export async function openJsonLines(file: string): Promise<JsonLines> {
  try {
    return new Appender(file, await open(file, "a"));
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/**
 * Every whole line of `file`; none if there is no such file. A last line without its newline was torn by a crash and is
 * left out.
 *
 * @throws GanglionError RUN_FOLDER when a line is no JSON object, or the file cannot be read
 */
export async function readJsonLines(file: string): Promise<object[]> {
  const { lines } = await readLines(file);
  return lines.map((line, i) => parse(file, line, i + 1));
}

/**
 * Drops the lines for which `keep` is false, and a torn last line. The file is replaced at once: after a crash it is the
 * old one or the new one. Resolves with the number of lines dropped. A line that is no JSON object is dropped too where
 * `damaged` is given, which gets its number.
 *
 * @throws GanglionError RUN_FOLDER when a line is no JSON object, and `damaged` is not given, or a file cannot be written
 */
export async function truncateJsonLines(
  file: string,
  keep: (value: object) => boolean,
  damaged?: (line: number) => void,
): Promise<number> {
  const { lines, torn } = await readLines(file);
  const kept = lines.filter((line, i) => {
    const value = damaged ? objectOf(line) : parse(file, line, i + 1);
    if (value === null) damaged?.(i + 1);
    return value !== null && keep(value);
  });
  const dropped = lines.length - kept.length + (torn ? 1 : 0);
  if (dropped > 0) {
    try {
      await replaceFile(file, kept.map((line) => `${line}\n`).join(""));
    } catch (error) {
      throw cannotWrite(file, error);
    }
  }
  return dropped;
}

class Appender implements JsonLines {
  readonly #lines = new GatheredWrites((text) => this.#append(text));
  #failure: unknown = null;
  #closed = false;

  constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
  ) {}

  write(value: object): void {
    this.#throwFailure();
    this.#lines.write(`${JSON.stringify(value)}\n`);
  }

  async flush(): Promise<void> {
    await this.#lines.flush();
    this.#throwFailure();
    try {
      await this.handle.datasync();
    } catch (error) {
      this.#failure = error;
    }
    this.#throwFailure();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.flush();
    } finally {
      this.#failure ??= new Error("it is closed");
      await this.handle.close();
    }
  }

  /** Never rejects: a failure is kept, and thrown by the next call. */
  async #append(text: string): Promise<void> {
    if (this.#failure !== null) return;
    try {
      await this.handle.appendFile(text);
    } catch (error) {
      this.#failure = error;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw cannotWrite(this.file, this.#failure);
  }
}

/** Splits at newlines only (readline also splits at U+2028, which JSON does not escape). */
async function readLines(file: string): Promise<{ lines: string[]; torn: boolean }> {
  const lines: string[] = [];
  let rest = "";
  try {
    for await (const chunk of createReadStream(file, "utf8")) {
      const parts = (rest + String(chunk)).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
    }
  } catch (error) {
    if (isMissing(error)) return { lines: [], torn: false };
    throw new GanglionError("RUN_FOLDER", `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  return { lines, torn: rest !== "" };
}

function parse(file: string, line: string, number: number): object {
  const value = objectOf(line);
  if (value === null) throw damagedLine(file, line, number);
  return value;
}

/** Null for what is no JSON object. */
function objectOf(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" ? value : null;
  } catch {
    return null; // the line itself says more than the parser would
  }
}

function damagedLine(file: string, line: string, number: number): GanglionError {
  const start = JSON.stringify(line.slice(0, 60));
  return new GanglionError(
    "RUN_FOLDER",
    `line ${number} of ${file} is no JSON object but ${start}: mend or delete that line`,
  );
}

function cannotWrite(file: string, error: unknown): GanglionError {
  const message = `cannot write ${file}: ${messageOf(error)}; make room or choose another folder, then resume`;
  return new GanglionError("RUN_FOLDER", message, { cause: error });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
