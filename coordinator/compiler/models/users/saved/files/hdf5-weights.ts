// The tables of numbers in an HDF5 file, as Keras writes them.
import type { Dataset, Group } from "jsfive";
import { messageOf } from "../../../../../../shared/errors.ts";
import { sizeOf } from "../../../../../../shared/program/program.ts";
import type { SavedWeight } from "../saved-network.ts";

export interface Hdf5Content {
  /** By their paths, without a slash in front. */
  readonly weights: ReadonlyMap<string, SavedWeight>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The first bytes of every HDF5 file. */
const SIGNATURE = Buffer.from("\x89HDF\r\n\x1a\n", "latin1");

/** Floating point of 2, 4 and 8 bytes, either end first: the only weights that Keras's layers have. */
const FLOATS = /^[<>=|]?f[248]$/;

export function isHdf5(bytes: Buffer): boolean {
  return bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/**
 * All tables of floats under `root`; others (the state of random numbers, counters of steps) are left out.
 *
 * @throws Error with the reason when the file is damaged
 */
export async function readHdf5(bytes: Buffer, root = ""): Promise<Hdf5Content> {
  const { File, Group: GroupClass } = await import("jsfive");
  const weights = new Map<string, SavedWeight>();
  const visit = (group: Group, path: string): void => {
    for (const key of group.keys) {
      const child = group.get(key);
      const name = path === "" ? key : `${path}/${key}`;
      if (child instanceof GroupClass) visit(child, name);
      else if (child !== null && FLOATS.test(String(child.dtype))) weights.set(name, weightOf(name, child));
    }
  };
  try {
    const file = new File(new Uint8Array(bytes).buffer, "weights");
    const top = root === "" ? file : file.keys.includes(root) && file.get(root);
    if (top instanceof GroupClass) visit(top, "");
    return { weights, attributes: file.attrs };
  } catch (cause) {
    throw new Error(`its weights cannot be read (${messageOf(cause)})`, { cause });
  }
}

function weightOf(name: string, { shape, value }: Dataset): SavedWeight {
  const values = new Float32Array(Array.isArray(value) ? (value as number[]) : [Number(value)]);
  if (values.length !== sizeOf(shape))
    throw new Error(`${name} has ${values.length} values, and its shape [${shape.join(", ")}]`);
  return { shape, values };
}
