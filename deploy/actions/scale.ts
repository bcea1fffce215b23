// `ganglion scale`: more nodes, or fewer, for a launched run while it trains.
import { findRunIn } from "../../coordinator/records/run-folder.ts";
import { GanglionError } from "../../shared/errors.ts";
import { type ControlRequest, askLauncher } from "../launch/control.ts";
import { say } from "../terminal/output.ts";
import { plural } from "../terminal/format.ts";

export interface ScaleFlags {
  readonly add?: string;
  readonly out: string;
}

export async function scale(run: string, nodes: number | undefined, { add, out }: ScaleFlags): Promise<void> {
  const { path } = await findRunIn(out, run);
  const names = await askLauncher(path, requestOf(nodes, add));
  say(`${plural(names.length, "node")}: ${names.join(", ") || "none"}`);
}

function requestOf(nodes: number | undefined, add: string | undefined): ControlRequest {
  if (nodes !== undefined && add === undefined) return { type: "scale", nodes };
  if (nodes === undefined && add !== undefined) {
    const match = /^(?<host>.+):(?<gpus>\d{1,2})$/.exec(add);
    const gpus = Number(match?.groups?.["gpus"]);
    if (match && gpus > 0) return { type: "add", host: match.groups!["host"], nodes: gpus };
    throw new GanglionError("USAGE", `--add ${add} is no HOST:GPUS: write for example gpu9:4`);
  }
  throw new GanglionError("USAGE", "give a number of nodes, or --add HOST:GPUS, and not both");
}
