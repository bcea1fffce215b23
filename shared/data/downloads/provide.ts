// Sees to it that the files of a named data set are on this machine.
import { join } from "node:path";
import { GanglionError } from "../../errors.ts";
import { createHttpClient } from "../../http/client.ts";
import { makeFolder } from "../../make-folder.ts";
import { cacheFolder } from "../packed/cache.ts";
import type { OnProgress } from "../format.ts";
import type { NamedDataset, RemoteFile } from "./catalog.ts";
import { MirrorsError, fetchFile, isWhole, writing } from "./fetch-file.ts";

export interface ProvideOptions {
  readonly onProgress?: OnProgress;
  /** The cache's folder; null for none. By default the user's. */
  readonly folder?: string | null;
  /** Proxies and `GANGLION_MIRROR`, an address below which `NAME/FILE` is tried first. By default the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * The folder with all files of the data set: what is missing is downloaded into the cache.
 *
 * @throws GanglionError DATA, in one sentence with what the user may do without a network
 */
export async function provideFiles(dataset: NamedDataset, options: ProvideOptions): Promise<string> {
  const { environment = process.env, folder: cache = cacheFolder(environment), onProgress } = options;
  if (cache === null)
    throw new GanglionError(
      "DATA",
      `this user has no home folder to download ${dataset.name} to: name a folder in GANGLION_CACHE`,
    );
  const folder = join(cache, "downloads", dataset.name);
  const missing: RemoteFile[] = [];
  for (const file of dataset.files) if (!(await isWhole(join(folder, file.name), file))) missing.push(file);
  if (missing.length === 0) return folder;
  await writing(folder, () => makeFolder(folder));
  const mirror = environment["GANGLION_MIRROR"];
  const mirrors = [...(mirror ? [ownMirror(mirror, dataset.name)] : []), ...dataset.mirrors];
  const total = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const client = await createHttpClient(environment);
  let before = 0;
  try {
    for (const file of missing) {
      const onBytes = (bytes: number): void =>
        onProgress?.(`downloading ${dataset.name}, bytes`, before + bytes, total);
      await fetchFile(file, { folder, mirrors, client, onBytes });
      before += file.sizeBytes;
    }
  } catch (cause) {
    if (!(cause instanceof MirrorsError)) throw cause;
    throw new GanglionError(
      "DATA",
      `${dataset.name} cannot be downloaded (${cause.message}): name a proxy in HTTPS_PROXY, or download ${listed(missing)} elsewhere and put ${missing.length === 1 ? "it" : "them"} into ${folder}`,
      { cause },
    );
  } finally {
    await client.close();
  }
  return folder;
}

/** @throws GanglionError USAGE when the variable is no address */
function ownMirror(mirror: string, name: string): string {
  const base = mirror.endsWith("/") ? mirror : `${mirror}/`;
  if (URL.canParse(base) && /^https?:/i.test(base)) return new URL(`${name}/`, base).href;
  throw new GanglionError(
    "USAGE",
    `GANGLION_MIRROR is ${mirror}, which is no address: give one such as https://mirror.example/datasets`,
  );
}

function listed(files: readonly RemoteFile[]): string {
  const names = files.map(({ name }) => name);
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
