// Where a run that is to be steered is reached: its folder says so, or its dashboard's address is given.
import { findRunIn } from "../../coordinator/records/run-folder.ts";
import { readLock } from "../../coordinator/records/run-lock.ts";
import { GanglionError } from "../../shared/errors.ts";
import { readControlFile } from "../run/steering/control-file.ts";
import { viewOfFolder } from "../status/run-view.ts";
import { displayPath } from "../terminal/format.ts";
import type { ControlPlace } from "./exchange.ts";

export interface PlaceFlags {
  readonly out: string;
  readonly token?: string;
  readonly tlsCa?: string;
}

export interface SteeredRun {
  /** As messages name it. */
  readonly name: string;
  readonly place: ControlPlace;
  /** The dashboard's address with the session's token; null where it is off or not known. */
  readonly link: string | null;
}

/** @throws GanglionError USAGE, CONFIG or AUTH where there is no such run, it does not go on, or no token is given */
export async function findSteeredRun(run: string, flags: PlaceFlags): Promise<SteeredRun> {
  if (/^https?:\/\//i.test(run)) return byAddress(run, flags);
  const paths = await findRunIn(flags.out, run);
  const name = displayPath(paths.path);
  const file = await readControlFile(paths.controlFile);
  const lock = await readLock(paths.path);
  if (lock.kind === "elsewhere")
    throw usage(
      `${name} is run by pid ${lock.pid} on ${lock.host}: ask there, or give the address of its dashboard and its --token`,
    );
  if (lock.kind !== "held" || file?.pid !== lock.pid) {
    const { record, life } = await viewOfFolder(paths);
    const state = life === "going" ? "is being prepared, or lets nobody steer it" : life === "over" ? `is ${record.state}` : "has no process any more"; // prettier-ignore
    throw usage(`${name} ${state}, so there is nothing to steer: ganglion status ${name} shows how to go on`);
  }
  const { socket, dashboard, token } = file;
  const link = dashboard === null ? null : `${dashboard}/?token=${token}`;
  return { name, place: { kind: "socket", path: socket }, link };
}

function byAddress(address: string, { token, tlsCa }: PlaceFlags): SteeredRun {
  if (!URL.canParse(address))
    throw usage(`${address} is no address: write http://HOST:PORT, as the run prints its dashboard's`);
  const url = new URL(address);
  const given = token ?? url.searchParams.get("token") ?? undefined;
  if (given === undefined || given === "")
    throw new GanglionError(
      "AUTH",
      `${url.origin} lets nobody steer its run without a token: give --token or GANGLION_TOKEN; on the run's machine its folder, name or number will do`,
    );
  return {
    name: url.origin,
    place: { kind: "address", url, token: given, ...(tlsCa !== undefined && { tlsCa }) },
    link: null,
  };
}

function usage(message: string): GanglionError {
  return new GanglionError("CONFIG", message);
}
