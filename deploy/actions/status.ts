// `ganglion status`: the runs of this machine or of a NATS server, their nodes, their speed, and what they refused.
import { hostname } from "node:os";
import { findRunIn, listRunFolders } from "../../coordinator/records/run-folder.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { messageOf } from "../../shared/errors.ts";
import { findListedRun } from "../run/find-run.ts";
import { complain, say, sayJson } from "../terminal/output.ts";
import { plural } from "../terminal/format.ts";
import { describeRun } from "../status/describe.ts";
import { type RunView, viewOfFolder, viewOfRecord } from "../status/run-view.ts";
import { type NatsFlags, natsOptions } from "../flags/transport-options.ts";

export interface StatusFlags extends NatsFlags {
  readonly out: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `endedShown`: so many runs that ended are shown, unless all are asked for. */
export async function status(
  run: string | undefined,
  flags: StatusFlags,
  { endedShown }: { readonly endedShown: number },
): Promise<void> {
  const { views, notes, none } =
    flags.nats === undefined ? await localRuns(run, flags.out) : await natsRuns(run, flags);
  if (flags.json) {
    for (const view of views) sayJson(jsonOf(view));
  } else {
    const now = Date.now();
    const shown = flags.all ? views : withoutOldest(views, endedShown);
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
  const { connectNatsServer } = await import("../../shared/transport/nats/client/client.ts");
  const { listRuns } = await import("../../shared/transport/nats/registry.ts");
  const client = await connectNatsServer(natsOptions(flags));
  try {
    const { runs, strange } = await listRuns(client);
    const now = Date.now();
    const wanted = run === undefined ? runs : [findListedRun(runs, run, client.address)];
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
function withoutOldest(views: readonly RunView[], endedShown: number): readonly RunView[] {
  let ended = 0;
  return views.filter(({ life }) => (life !== "over" && life !== "gone") || ++ended <= endedShown);
}

/** `state` is `gone` where the run ended without saying how; `alive` says whether it goes on, as far as can be seen. */
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
