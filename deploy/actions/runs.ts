// `ganglion runs`: the runs of a folder, in what they differ and how far they came.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { findRunIn, listRunFolders } from "../../coordinator/records/run-folder.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { csvOf } from "../runs/csv.ts";
import { describeList, describeOne, describeSideBySide } from "../runs/describe-runs.ts";
import { type RunSummary, summarize } from "../runs/summary.ts";
import { plural } from "../terminal/format.ts";
import { complain, say, sayJson } from "../terminal/output.ts";

export interface RunsFlags {
  readonly out: string;
  readonly all?: boolean;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** `shown`: so many of a folder's newest runs are listed, unless all are asked for. */
export async function listRuns(
  named: readonly string[],
  flags: RunsFlags,
  { shown }: { readonly shown: number },
): Promise<void> {
  const { out } = flags;
  if (flags.csv) return printCsv(named, out);
  const all = named.length === 0 ? await listRunFolders(out) : await findAll(named, out);
  const folders = flags.all || flags.json || named.length > 0 ? all : all.slice(0, shown);
  const runs = await summarizeAll(folders);
  if (flags.json) for (const run of runs) sayJson(jsonOf(run));
  else if (runs.length === 0) say(`no runs in ${out}: start one with ganglion train`);
  else for (const line of linesFor(runs, named)) say(line);
  const hidden = all.length - folders.length;
  if (hidden > 0 && !flags.json) say(`${plural(hidden, "older run")}: --all lists them`);
}

function linesFor(runs: readonly RunSummary[], named: readonly string[]): string[] {
  if (named.length === 0) return describeList(runs);
  return runs.length === 1 ? describeOne(runs[0]) : describeSideBySide(runs);
}

async function findAll(named: readonly string[], out: string): Promise<RunPaths[]> {
  const found: RunPaths[] = [];
  for (const name of named) found.push(await findRunIn(out, name));
  return found;
}

/** So many folders are read at a time. */
const AT_ONCE = 16;

/** One folder that cannot be read does not hide the others. */
async function summarizeAll(folders: readonly RunPaths[]): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  for (let first = 0; first < folders.length; first += AT_ONCE) {
    const part = folders.slice(first, first + AT_ONCE);
    const read = await Promise.all(part.map((folder) => summarize(folder).catch((error: unknown) => noteOf(folder, error))));
    runs.push(...read.filter((run) => run !== null));
  } // prettier-ignore
  return runs;
}

function noteOf({ path }: RunPaths, error: unknown): null {
  process.exitCode = 1;
  complain(`warning: ${path} cannot be read: ${messageOf(error)}`);
  return null;
}

async function printCsv(named: readonly string[], out: string): Promise<void> {
  if (named.length !== 1) {
    throw new GanglionError(
      "USAGE",
      `--csv is for one run, and ${named.length === 0 ? "none is" : `${named.length} are`} named: write for example ganglion runs 7 --csv`,
    );
  }
  const { statsFile } = await findRunIn(out, named[0]);
  await pipeline(Readable.from(csvOf(statsFile)), process.stdout, { end: false }).catch((error: unknown) => {
    if (!isReaderGone(error)) throw error;
  });
}

/** As with `ganglion runs 7 --csv | head`. */
function isReaderGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ERR_STREAM_DESTROYED";
}

function jsonOf({ record, ...run }: RunSummary): object {
  return { event: "run", ...run, name: record.name, sessions: record.sessions };
}
