// The program's log: pino, to standard error for people and to the run folder for later.
import { type Logger, multistream, pino } from "pino";
import { LogFile } from "./log-file.ts";
import { printable } from "./printable.ts";

export type Log = Logger;

export interface LogEntry {
  readonly sentence: string;
  /** Of a warning that the run publishes as an event, too. */
  readonly code?: string;
}

export interface LogOptions {
  /** Written there whole, as JSON lines. */
  readonly file?: string;
  /** Hears, once, why the file lacks lines; the log goes on without them. Default: nobody. */
  readonly failing?: (cause: string) => void;
  /** Hears warnings and errors, each as a sentence. */
  readonly hear?: (entry: LogEntry) => void;
  /** What also goes to standard error. */
  readonly stderr?: "warn" | "debug" | "silent";
}

export function createLog({ file, failing = () => undefined, hear, stderr = "warn" }: LogOptions = {}): Log {
  const streams = [];
  if (file !== undefined) streams.push({ level: "debug" as const, stream: new LogFile({ file, failing }) });
  if (hear)
    streams.push({ level: "warn" as const, stream: { write: (line: string) => hear(entryOf(line)) } });
  if (stderr !== "silent") streams.push({ level: stderr, stream: { write: printLine } });
  return pino(
    { level: "debug", base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
    multistream(streams),
  );
}

/** A JSON log line as a sentence for a person. */
function printLine(line: string): void {
  process.stderr.write(`${entryOf(line).sentence}\n`);
}

function entryOf(line: string): LogEntry {
  const {
    level,
    msg,
    time: _time,
    ...fields
  } = JSON.parse(line) as { level: number; msg: string; time: string };
  const severity = level >= 50 ? "error" : level >= 40 ? "warning" : "debug";
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
  const sentence = `${severity}: ${printable(`${msg}${details.join("")}`)}`;
  const { code } = fields as { readonly code?: string };
  return { sentence, ...(code !== undefined && { code }) };
}
