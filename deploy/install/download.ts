// Something that is read from afar into a file, and may have to be read again.
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GanglionError } from "../../shared/errors.ts";

/** A checkpoint that takes longer than the next one needs to come is never had: then the user is to know. */
const ATTEMPTS = 5;

/**
 * Writes what `open` gives to `file`, from its beginning once more where the way there failed, or where it was replaced
 * meanwhile.
 *
 * @throws what the last attempt failed with
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
