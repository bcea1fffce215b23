// A new run's folder for a checkpoint that lies outside of any run: it goes on there from the checkpoint's step.
import { copyFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkpointName } from "../../../coordinator/records/checkpoint/list-checkpoints.ts";
import { type RunFolder, createRunFolder } from "../../../coordinator/records/run-folder.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";

/**
 * Makes the folder with the checkpoint in it, so that a run that is killed before its next one goes on from there too.
 *
 * @throws GanglionError CONFIG where the folder cannot be made, RUN_FOLDER where the checkpoint cannot be copied
 */
export async function continuedFolder(
  { file, step }: { readonly file: string; readonly step: number },
  options: { readonly out: string; readonly name: string },
): Promise<RunFolder> {
  const folder = await createRunFolder(options);
  try {
    await copyFile(file, join(folder.checkpoints, checkpointName(step)));
    return folder;
  } catch (cause) {
    await folder.release();
    const message = `cannot copy ${basename(file)} to ${folder.checkpoints}: ${messageOf(cause)}; make room there, or choose another folder with --out`;
    throw new GanglionError("RUN_FOLDER", message, { cause });
  }
}
