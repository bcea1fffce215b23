// Which checkpoints a run's folder has; kept apart from the code that reads them, which loads the compiler.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { GanglionError, messageOf } from "../../../shared/errors.ts";

/** `000040.safetensors` */
export function checkpointName(step: number): string {
  return `${String(step).padStart(6, "0")}.safetensors`;
}

/**
 * Newest first, by their names: whether they are whole is not looked at; none where there is no such folder.
 *
 * @throws GanglionError CHECKPOINT where the folder cannot be read
 */
export async function listCheckpoints(folder: string): Promise<{ step: number; file: string }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new GanglionError("CHECKPOINT", `cannot read ${folder}: ${messageOf(error)}`, { cause: error });
  }
  return names
    .filter((name) => /^\d{6,15}\.safetensors$/.test(name))
    .map((name) => ({ step: Number.parseInt(name, 10), file: join(folder, name) }))
    .sort((a, b) => b.step - a.step);
}
