// Drops from a run's event files the steps that a resumed run makes again.
import { open, readdir } from "node:fs/promises";
import { constants } from "node:fs";
import { join } from "node:path";
import { stepOfEvent } from "./event.ts";
import { recordsIn } from "./record.ts";

/** Pieces in which a file is read; a record is smaller, or it is not ours. */
const PIECE_BYTES = 32 << 20;

export function isEventFile(name: string): boolean {
  return name.includes(".tfevents.");
}

/**
 * Each file ends before its first record of a later step than `step`, and before what is torn or damaged.
 *
 * @throws the system's error
 */
export async function cutBack(folder: string, step: number): Promise<void> {
  for (const name of (await readdir(folder)).filter(isEventFile)) await cutFile(join(folder, name), step);
}

async function cutFile(path: string, step: number): Promise<void> {
  const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error(`${path} is no regular file`);
    let kept = 0;
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, kept);
      let end = 0;
      let isLater = false;
      for (const record of recordsIn(buffer.subarray(0, bytesRead))) {
        isLater = stepOfEvent(record.content) > step;
        if (isLater) break;
        ({ end } = record);
      }
      kept += end;
      if (isLater || end === 0) break;
    }
    if (kept < found.size) await handle.truncate(kept);
  } finally {
    await handle.close();
  }
}
