// The program's log: pino, to standard error for people and to the run folder for later.
import { type Logger, multistream, pino } from "pino";
import { LogFile } from "./log-file.ts";
import { printable } from "./printable.ts";

export type Log = Logger;

export interface LogOptions {
  /** Written there whole, as JSON lines. */
  readonly file?: string;
  /** Hears, once, why the file lacks lines; the log goes on without them. Default: nobody. */
  readonly failing?: (cause: string) => void;
  /** The file gets nothing before this resolves, and then all that was said until then. */
  readonly after?: Promise<void>;
  /** What also goes to standard error. */
  readonly stderr?: "warn" | "debug" | "silent";
}

export function createLog({ file, failing = () => undefined, after, stderr = "warn" }: LogOptions = {}): Log {
  const streams = [];
  if (file !== undefined)
    streams.push({ level: "debug" as const, stream: held(new LogFile({ file, failing }), after) });
  if (stderr !== "silent") streams.push({ level: stderr, stream: { write: printLine } });
  return pino(
    { level: "debug", base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    multistream(streams),
  );
}

interface Lines {
  write(line: string): void;
}

function held(file: Lines, after: Promise<void> | undefined): Lines {
  if (!after) return file;
  let waiting: string[] | null = [];
  const release = async (): Promise<void> => {
    await after;
    for (const line of waiting ?? []) file.write(line);
    waiting = null;
  };
  void release(); // neither rejects: what `after` waits for is no failure, and the file keeps its own to itself
  return { write: (line) => void (waiting?.push(line) ?? file.write(line)) };
}

/** A JSON log line as a sentence for a person. */
function printLine(line: string): void {
  const {
    level,
    msg,
    time: _time,
    ...fields
  } = JSON.parse(line) as { level: number; msg: string; time: string };
  const severity = level >= 50 ? "error" : level >= 40 ? "warning" : "debug";
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
  process.stderr.write(`${severity}: ${printable(`${msg}${details.join("")}`)}\n`);
}
