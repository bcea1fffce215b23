// Reads a stream from the network into a file, with one more attempt if it fails.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GanglionError } from "../../shared/errors.ts";

/** A checkpoint that takes longer to fetch than the run takes to make the next one can never be had: the user should know. */
const ATTEMPTS = 5;

/**
 * Writes what `open` yields to `file`; once more from the beginning where the transfer failed, or what is read was replaced
 * meanwhile.
 *
 * @throws the error of the last attempt
 */
export async function download(open: () => AsyncIterable<Uint8Array>, file: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pipeline(Readable.from(open()), createWriteStream(file));
    } catch (error) {
      const mayPass = error instanceof GanglionError && error.code === "TRANSPORT";
      if (!mayPass || attempt === ATTEMPTS) throw error;
    }
  }
}
