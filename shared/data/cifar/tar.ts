// The files of a tar archive in the order in which they lie there, inflated as they are taken.
import { Readable, pipeline } from "node:stream";
import { extract } from "tar-stream";
import { countGzipLayers, inflatedContent } from "../gzip.ts";

export interface TarFile {
  readonly name: string;
  readonly size: number;
  /** What is not taken is passed over. */
  readonly content: AsyncGenerator<Buffer, void>;
}

/** Regular files only. @throws Error when the archive is damaged */
export async function* readTar(file: string): AsyncGenerator<TarFile, void> {
  const archive = extract();
  const source = Readable.from(inflatedContent(file, await countGzipLayers(file)), { objectMode: false });
  // A failure of the source destroys the archive, and is thrown by the loop over it.
  pipeline([source, archive], () => {});
  try {
    for await (const entry of archive) {
      const { name, size, type } = entry.header;
      if (type === "file") yield { name, size, content: contentOf(entry) };
      entry.resume();
    }
  } finally {
    source.destroy();
    archive.destroy();
  }
}

async function* contentOf(entry: AsyncIterable<unknown>): AsyncGenerator<Buffer, void> {
  for await (const piece of entry) yield piece as Buffer;
}
