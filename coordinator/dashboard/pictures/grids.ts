// The sample grids of a run: every picture in its folder, with the checkpoint that draws it.
import { readdir, stat } from "node:fs/promises";
import { z } from "zod";
import { readRegularFile } from "../../../shared/regular-file.ts";
import type { RunPaths } from "../../records/run-paths.ts";

export interface Grid {
  readonly step: number;
  /** `000128.png` */
  readonly name: string;
  /** The file's name of the checkpoint of the same step; absent where there is none. */
  readonly checkpoint?: string;
}

/** `samples/index.json`, as far as it is needed here. */
const indexSchema = z.record(
  z.string(),
  z.object({ checkpoint: z.string().max(200), stepsLater: z.number() }).nullable(),
);

/**
 * Lists the grids by their files, oldest first: also those of earlier sessions, of which no event tells any more.
 *
 * @throws the system's error for a folder that is there and cannot be read
 */
export class GridList {
  readonly #folder: Pick<RunPaths, "samples" | "pictureIndexFile">;
  #drawnBy: ReadonlyMap<string, string> = new Map();
  #indexTime = -1;

  constructor(folder: Pick<RunPaths, "samples" | "pictureIndexFile">) {
    this.#folder = folder;
  }

  async list(): Promise<Grid[]> {
    const names = await readdir(this.#folder.samples).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    await this.#readIndex();
    return names
      .filter((name) => /^\d{6,15}\.png$/.test(name))
      .map((name) => {
        const checkpoint = this.#drawnBy.get(name);
        return { step: Number.parseInt(name, 10), name, ...(checkpoint !== undefined && { checkpoint }) };
      })
      .sort((a, b) => a.step - b.step);
  }

  /** Again where it has changed; without it, or where it is damaged, no checkpoint is named. */
  async #readIndex(): Promise<void> {
    const { pictureIndexFile: file } = this.#folder;
    const time = (await stat(file).catch(() => null))?.mtimeMs ?? 0;
    if (time === this.#indexTime) return;
    this.#indexTime = time;
    this.#drawnBy = new Map();
    try {
      const index = indexSchema.parse(JSON.parse(await readRegularFile(file)));
      this.#drawnBy = new Map(
        Object.entries(index).flatMap(([name, by]) => (by?.stepsLater === 0 ? [[name, by.checkpoint]] : [])),
      );
    } catch {
      return; // it helps to find checkpoints, and decides nothing
    }
  }
}
