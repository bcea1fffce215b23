// A .keras file: a zip with config.json, which is the topology, and model.weights.h5.
import { buffer } from "node:stream/consumers";
import { type ZipFile, fromBufferPromise } from "yauzl";
import { messageOf } from "../../../../../../shared/errors.ts";
import { isObject } from "../../../../../../shared/is-object.ts";
import { parseJson } from "../../../../../../shared/json/parse-json.ts";
import { readHdf5 } from "./hdf5-weights.ts";
import type { Json, SavedNetwork } from "../saved-network.ts";

const CONFIG = "config.json";
const WEIGHTS = "model.weights.h5";
/** Keras writes the weights uncompressed: what claims to unpack to more than this has another purpose. */
const MOST_BYTES = 2 ** 31;

export function isZip(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).toString("latin1") === "PK\x03\x04";
}

/** @throws Error with the reason, as the rest of a sentence about the file */
export async function readKerasArchive(bytes: Buffer): Promise<SavedNetwork> {
  const parts = await unpacked(bytes);
  const [config, weights] = [parts.get(CONFIG), parts.get(WEIGHTS)];
  if (config === undefined)
    throw new Error(`it is a zip without ${CONFIG}, and a .keras file has one (it holds ${listed(parts)})`);
  if (weights === undefined) throw new Error(`it has no ${WEIGHTS} (it holds ${listed(parts)})`);
  const topology = parseJson(config);
  if (!isObject(topology)) throw new Error(`its ${CONFIG} is no object`);
  const metadata = parts.get("metadata.json");
  const version = metadata && (parseJson(metadata) as { readonly keras_version?: unknown });
  return {
    topology: { keras_version: version?.keras_version ?? "3", ...(topology as Json) },
    weights: (await readHdf5(weights)).weights,
  };
}

/** The parts that are read; of others only the names are kept, with null. */
async function unpacked(bytes: Buffer): Promise<ReadonlyMap<string, Buffer | undefined>> {
  const parts = new Map<string, Buffer | undefined>();
  try {
    const archive: ZipFile = await fromBufferPromise(bytes, { lazyEntries: true });
    for await (const entry of archive.eachEntry()) {
      const isRead = [CONFIG, WEIGHTS, "metadata.json"].includes(entry.fileName);
      if (isRead && entry.uncompressedSize > MOST_BYTES)
        throw new Error(`${entry.fileName} claims ${entry.uncompressedSize} bytes, more than 2 GiB`);
      parts.set(
        entry.fileName,
        isRead ? await buffer(await archive.openReadStreamPromise(entry)) : undefined,
      );
    }
  } catch (cause) {
    throw new Error(`it is a damaged zip (${messageOf(cause)})`, { cause });
  }
  return parts;
}

function listed(parts: ReadonlyMap<string, unknown>): string {
  const names = [...parts.keys()];
  return names.length === 0 ? "nothing" : names.slice(0, 5).join(", ") + (names.length > 5 ? " …" : "");
}
