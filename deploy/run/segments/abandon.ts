// The steps that a run goes back from: their checkpoints and pictures are put aside, for a run of its own from one of them.
import { mkdir, readdir, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { listCheckpoints } from "../../../coordinator/records/checkpoint/list-checkpoints.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";

/**
 * Moves what the run has made after `step` into `abandoned/<n>/` of its folder, and returns that folder. The newest
 * checkpoint goes first: a run that is killed meanwhile goes on from one that is still there.
 *
 * @throws GanglionError RUN_FOLDER
 */
export async function abandonAfter(
  step: number,
  { path, checkpoints, samples }: Pick<RunPaths, "path" | "checkpoints" | "samples">,
): Promise<string> {
  const place = join(path, "abandoned");
  try {
    await mkdir(place, { recursive: true });
    const folder = join(place, String(1 + Math.max(0, ...(await readdir(place)).map(numberOf))));
    for (const name of ["checkpoints", "samples"]) await mkdir(join(folder, name), { recursive: true });
    for (const { file, step: made } of await listCheckpoints(checkpoints))
      if (made > step) await rename(file, join(folder, "checkpoints", basename(file)));
    for (const name of await readdir(samples).catch(() => []))
      if (/^\d{6,}\.png$/.test(name) && Number.parseInt(name, 10) > step)
        await rename(join(samples, name), join(folder, "samples", name));
    return folder;
  } catch (cause) {
    const message = `cannot put what came after step ${step} aside in ${place}: ${messageOf(cause)}; make room there, and resume the run`;
    throw new GanglionError("RUN_FOLDER", message, { cause });
  }
}

function numberOf(name: string): number {
  return /^\d{1,9}$/.test(name) ? Number(name) : 0;
}
