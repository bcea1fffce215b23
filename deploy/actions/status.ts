// `ganglion status`: the runs of this machine or of a NATS server, their nodes, their speed, and what they refused.
import { hostname } from "node:os";
import type { Command } from "commander";
import { Option } from "commander";
import { findRunIn, listRunFolders } from "../../coordinator/records/run-folder.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { messageOf } from "../../shared/errors.ts";
import { connectNatsServer } from "../../shared/transport/nats/client/client.ts";
import { listRuns } from "../../shared/transport/nats/registry.ts";
import { listedRun } from "../run/find-run.ts";
import { complain, say, sayJson } from "../terminal/output.ts";
import { plural } from "../terminal/plural.ts";
import { describeRun } from "../status/describe.ts";
import { type RunView, viewOfFolder, viewOfRecord } from "../status/run-view.ts";
import { type NatsFlags, addNatsFlags, natsOptions } from "../flags/transport-options.ts";

interface StatusFlags extends NatsFlags {
  readonly out: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** So many runs that ended are shown, unless all are asked for. */
const ENDED_SHOWN = 5;

export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .description("show the runs of this machine or of a NATS server: how far, how fast, on which nodes")
    .argument("[run]", "one run in detail: its folder, its name, or its number")
    .addOption(new Option("--out <dir>", "where run folders are").default("runs").conflicts("nats"));
  addNatsFlags(command)
    .option("--all", `every run that ended, not only the newest ${ENDED_SHOWN}`)
    .option("--json", "one JSON object a run and line, of every run")
    .addHelpText("after", EXAMPLES)
    .action((run: string | undefined, flags: StatusFlags) => status(run, flags));
}

const EXAMPLES = `
Examples:
  ganglion status                             the runs in runs/, whatever started them
  ganglion status 7                           one of them in detail
  ganglion status --nats nats://192.0.2.7     the runs of a NATS server
`;

async function status(run: string | undefined, flags: StatusFlags): Promise<void> {
  const { views, notes, none } =
    flags.nats === undefined ? await localRuns(run, flags.out) : await natsRuns(run, flags);
  if (flags.json) {
    for (const view of views) sayJson(jsonOf(view));
  } else {
    const now = Date.now();
    const shown = flags.all ? views : withoutOldest(views);
    for (const view of shown) {
      for (const line of describeRun(view, { now, here: hostname(), whole: run !== undefined })) say(line);
    }
    if (views.length === 0 && notes.length === 0) say(none);
    const hidden = views.length - shown.length;
    if (hidden > 0) say(`${plural(hidden, "more run")} that ended: --all shows them`);
  }
  for (const note of notes) complain(note);
}

interface Runs {
  readonly views: readonly RunView[];
  /** What could not be shown. */
  readonly notes: readonly string[];
  /** To be said where there is nothing to show. */
  readonly none: string;
}

async function localRuns(run: string | undefined, out: string): Promise<Runs> {
  const folders = run === undefined ? await listRunFolders(out) : [await findRunIn(out, run)];
  const views: RunView[] = [];
  const notes: string[] = [];
  for (const folder of folders) {
    const view = await viewOfFolder(folder).catch((error: unknown) => noteOf(folder, error));
    if (typeof view === "string") notes.push(view);
    else views.push(view);
  }
  return { views, notes, none: `no runs in ${out}: start one with ganglion train` };
}

/** One folder that cannot be read does not hide the others. */
function noteOf({ path }: RunPaths, error: unknown): string {
  process.exitCode = 1;
  return `warning: ${path} cannot be read: ${messageOf(error)}`;
}

async function natsRuns(run: string | undefined, flags: StatusFlags): Promise<Runs> {
  const client = await connectNatsServer(natsOptions(flags));
  try {
    const { runs, strange } = await listRuns(client);
    const now = Date.now();
    const wanted = run === undefined ? runs : [listedRun(runs, run, client.address)];
    return {
      views: wanted.map((record) => viewOfRecord(record, now)),
      notes: strange > 0 ? [`warning: ${strange} more entries that this version cannot read`] : [],
      none: `no runs at ${client.address}`,
    };
  } finally {
    await client.close();
  }
}

/** Every run that may go on, and the first few of the others. */
function withoutOldest(views: readonly RunView[]): readonly RunView[] {
  let ended = 0;
  return views.filter(({ life }) => (life !== "over" && life !== "gone") || ++ended <= ENDED_SHOWN);
}

/** `state` is `gone` where the run did not tell how it ended; `alive` says whether it goes on, as far as can be seen. */
function jsonOf({ record, life, folder }: RunView): object {
  return {
    event: "run",
    alive: life === "going",
    ...record,
    ...(life === "gone" && { state: "gone" }),
    ...(folder && {
      folder: folder.path,
      checkpoint: folder.checkpoint,
      ...(folder.lock.kind === "held" && { pid: folder.lock.pid }),
    }),
  };
}
