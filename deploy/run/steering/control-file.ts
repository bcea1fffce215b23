// `control.json` in the folder of a run that goes on: its socket, its dashboard, and the token; for its user alone.
import { rename, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { UNFINISHED } from "../../../coordinator/records/files/durable-file.ts";
import { readRegularFile } from "../../../shared/regular-file.ts";

const schema = z.object({
  socket: z.string().min(1),
  /** Its address on the run's machine; null where it is off. */
  dashboard: z.string().nullable(),
  token: z.string().min(1),
  pid: z.int().positive(),
});
export type ControlFile = z.infer<typeof schema>;

/** @throws the system's error */
export async function writeControlFile(file: string, record: ControlFile): Promise<void> {
  const unfinished = `${file}${UNFINISHED}`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, `${JSON.stringify(record)}\n`, { mode: 0o600, flag: "wx" });
  await rename(unfinished, file);
}

/** Null where there is none that can be read. */
export async function readControlFile(file: string): Promise<ControlFile | null> {
  try {
    return schema.parse(JSON.parse(await readRegularFile(file)));
  } catch {
    return null; // who asks says what it means that it is not there
  }
}
