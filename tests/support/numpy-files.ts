// NumPy's files by hand: .npy, and .npz as np.savez writes it.
import { writeFile } from "node:fs/promises";
import { crc32, deflateRawSync } from "node:zlib";

/** The bytes of a .npy file; `type` with its byte order, such as `<f4`. */
export function npy(
  type: string,
  shape: readonly number[],
  content: Uint8Array | readonly number[],
  { isFortran = false } = {},
): Buffer {
  const sizes = shape.map((size) => `${size},`).join(" ");
  const text = `{'descr': '${type}', 'fortran_order': ${isFortran ? "True" : "False"}, 'shape': (${sizes}), }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const header = Buffer.alloc(10 + padded.length);
  header.write("\x93NUMPY\x01\x00", "latin1");
  header.writeUInt16LE(padded.length, 8);
  header.write(padded, 10, "latin1");
  return Buffer.concat([header, Buffer.from(content)]);
}

export function float32(values: readonly number[], littleEndian = true): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) =>
    littleEndian ? bytes.writeFloatLE(value, 4 * i) : bytes.writeFloatBE(value, 4 * i),
  );
  return bytes;
}

/** A zip archive of `KEY.npy` members, stored or deflated, with zip64 sizes in the local headers as NumPy writes them. */
export async function writeNpz(
  file: string,
  arrays: Readonly<Record<string, Buffer>>,
  { deflated = false } = {},
): Promise<string> {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [key, content] of Object.entries(arrays)) {
    const name = Buffer.from(key.includes(".") ? key : `${key}.npy`);
    const data = deflated ? deflateRawSync(content) : content;
    const crc = crc32(content);
    const zip64 = Buffer.alloc(20);
    zip64.writeUInt16LE(1, 0);
    zip64.writeUInt16LE(16, 2);
    zip64.writeBigUInt64LE(BigInt(content.length), 4);
    zip64.writeBigUInt64LE(BigInt(data.length), 12);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(45, 4);
    local.writeUInt16LE(deflated ? 8 : 0, 8);
    local.writeUInt32LE(crc, 14);
    local.writeUInt32LE(0xffffffff, 18);
    local.writeUInt32LE(0xffffffff, 22);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(zip64.length, 28);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(45, 4);
    entry.writeUInt16LE(45, 6);
    entry.writeUInt16LE(deflated ? 8 : 0, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, name, zip64, data);
    central.push(entry, name);
    offset += local.length + name.length + zip64.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(central.length / 2, 8);
  end.writeUInt16LE(central.length / 2, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  await writeFile(file, Buffer.concat([...locals, directory, end]));
  return file;
}
