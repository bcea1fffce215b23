// Which checkpoint draws which sample picture: `samples/index.json`, replaced with every checkpoint.
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { listCheckpoints } from "./list-checkpoints.ts";

export interface DrawnBy {
  /** The checkpoint of the picture's own step, or else the nearest that is there; its file's name. */
  readonly checkpoint: string;
  /** How many steps after the picture it was made: 0 draws this very picture, less than 0 is earlier. */
  readonly stepsLater: number;
}

/**
 * For each picture by its file's name; null where there is no checkpoint. Of two that are equally near, the later one.
 *
 * @throws the system's error, or GanglionError CHECKPOINT, for a folder that cannot be read
 */
export async function indexPictures(folders: {
  readonly samples: string;
  readonly checkpoints: string;
}): Promise<Record<string, DrawnBy | null>> {
  const checkpoints = (await listCheckpoints(folders.checkpoints)).toReversed(); // oldest first
  const pictures = (await readdir(folders.samples)).filter((name) => /^\d{6,15}\.png$/.test(name)).sort();
  return Object.fromEntries(
    pictures.map((name) => [name, nearestTo(Number.parseInt(name, 10), checkpoints)]),
  );
}

function nearestTo(
  step: number,
  oldestFirst: readonly { readonly step: number; readonly file: string }[],
): DrawnBy | null {
  let low = 0; // of the first checkpoint of this step or a later one
  let high = oldestFirst.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (oldestFirst[middle].step < step) low = middle + 1;
    else high = middle;
  }
  const around = oldestFirst.slice(Math.max(0, low - 1), low + 1);
  const [found] = around.toSorted(
    (a, b) => Math.abs(a.step - step) - Math.abs(b.step - step) || b.step - a.step,
  );
  return found ? { checkpoint: basename(found.file), stepsLater: found.step - step } : null;
}
