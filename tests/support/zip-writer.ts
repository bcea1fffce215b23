// Zip archives for tests: stored or deflated entries, and whatever real ones get wrong.
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  /** Bytes where it is no UTF-8. */
  readonly name: string | Buffer;
  readonly content: Uint8Array;
  /** 0 stores, 8 deflates; the content of every other is stored as it is. Default 8. */
  readonly method?: number;
  /** General purpose bits; default none, even for names in UTF-8. 1: encrypted. */
  readonly flags?: number;
  /** Of Unix, with the kind of file: 0o120777 for a link. */
  readonly mode?: number;
  /** What made it: 3 Unix (default), 0 Windows. */
  readonly host?: number;
  /** What the directory claims, where it is not the truth. */
  readonly claimedBytes?: number;
  readonly claimedCrc?: number;
  /** Sizes follow the content, and the local header has zeros. */
  readonly hasDescriptor?: boolean;
  /** Sizes and place stand in a field of 64 bits. */
  readonly is64?: boolean;
}

export function zip(entries: readonly ZipEntry[]): Buffer {
  const pieces: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { content, method = 8, flags = 0, mode = 0o100644, host = 3, hasDescriptor = false, is64 } = entry;
    const name = Buffer.from(entry.name as string);
    const stored = method === 8 ? deflateRawSync(content) : Buffer.from(content);
    const sizeBytes = entry.claimedBytes ?? content.length;
    const sum = entry.claimedCrc ?? crc32(content);
    const bits = flags | (hasDescriptor ? 8 : 0);
    const local = [0x04034b50, [20], [bits], [method], [0], [0], ...(hasDescriptor ? [0, 0, 0] : [sum, stored.length, sizeBytes]), [name.length], [0]]; // prettier-ignore
    const descriptor = hasDescriptor ? numbers([0x08074b50, sum, stored.length, sizeBytes]) : Buffer.alloc(0);
    const extra = is64 ? Buffer.concat([numbers([[1], [24]]), wide(sizeBytes), wide(stored.length), wide(offset)]) : Buffer.alloc(0); // prettier-ignore
    const [a, b, c] = is64 ? [FULL, FULL, FULL] : [stored.length, sizeBytes, offset];
    directory.push(
      numbers([0x02014b50, [(host << 8) | 63], [20], [bits], [method], [0], [0], sum, a, b, [name.length], [extra.length], [0], [0], [0], (mode << 16) >>> 0, c]), // prettier-ignore
      name,
      extra,
    );
    const whole = Buffer.concat([numbers(local), name, stored, descriptor]);
    pieces.push(whole);
    offset += whole.length;
  }
  const list = Buffer.concat(directory);
  const end = numbers([0x06054b50, [0], [0], [entries.length], [entries.length], list.length, offset, [0]]);
  return Buffer.concat([...pieces, list, end]);
}

const FULL = 0xffffffff;

/** Numbers of 32 bits, in brackets of 16, little-endian. */
function numbers(values: readonly (number | readonly number[])[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(typeof value === "number" ? 4 : 2);
      if (typeof value === "number") bytes.writeUInt32LE(value);
      else bytes.writeUInt16LE(value[0]);
      return bytes;
    }),
  );
}

function wide(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
