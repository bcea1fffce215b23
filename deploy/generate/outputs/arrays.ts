// All pictures as one NumPy array, uint8 [N, H, W, C]: .npy, or .npz with their labels.
import { npyHeader } from "../../../shared/data/numpy/header.ts";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { crc32 } from "node:zlib";
import { UNFINISHED } from "../../../coordinator/records/files/durable-file.ts";
import { byteOf } from "../../../coordinator/records/sample-grid.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { makeFolder } from "../../../shared/make-folder.ts";
import { sizeOf } from "../../../shared/program/program.ts";
import type { Output, OutputOptions } from "./output.ts";

/** A .npz is a zip file, whose plain form ends here. */
const MOST_ZIP_BYTES = 0xffff_ffff;

export interface ArrayOptions extends OutputOptions {
  /** Of each picture, as the data have them; for .npz alone. */
  readonly labels?: Int32Array;
}

/** Written piece by piece, so that pictures may be more than fit in memory. */
export async function arrayOutput({ out, count, imageShape, labels }: ArrayOptions): Promise<Output> {
  const isZip = extname(out).toLowerCase() === ".npz";
  const size = sizeOf(imageShape);
  const header = npyHeader("|u1", [count, ...imageShape]);
  const bytes = header.length + count * size;
  if (isZip && bytes > MOST_ZIP_BYTES)
    throw new GanglionError(
      "USAGE",
      `--out ${out}: ${count} pictures are ${bytes} bytes, and a .npz file has at most 4 GiB: choose a .npy`,
    );
  const temporary = join(dirname(out), `.${basename(out)}${UNFINISHED}`);
  const unwritable = (cause: unknown): GanglionError =>
    new GanglionError(
      "RUN_FOLDER",
      `${out} cannot be written (${messageOf(cause)}): choose another place with --out`,
      { cause },
    );
  let file: FileHandle;
  try {
    await makeFolder(dirname(out));
    await rm(temporary, { force: true });
    file = await open(temporary, "wx");
  } catch (cause) {
    throw unwritable(cause);
  }
  let sum = crc32(header);
  const start = isZip ? localHeader("images.npy", 0, bytes).length : 0;
  const write = async (data: Uint8Array, at: number): Promise<void> => {
    await file.write(data, 0, data.length, at).catch((cause: unknown) => Promise.reject(unwritable(cause)));
  };
  await write(header, start);
  return {
    async take(first, images) {
      const data = Uint8Array.from(images, (value, i) => byteOf(value, first + Math.floor(i / size)));
      sum = crc32(data, sum);
      await write(data, start + header.length + first * size);
    },
    async finish() {
      if (isZip) {
        const members: Member[] = [{ name: "images.npy", crc: sum, bytes, at: 0 }];
        await write(localHeader("images.npy", sum, bytes), 0);
        let end = start + bytes;
        if (labels) {
          const data = Buffer.concat([npyHeader("<i4", [count]), Buffer.from(labels.buffer)]);
          const crc = crc32(data);
          members.push({ name: "labels.npy", crc, bytes: data.length, at: end });
          const member = Buffer.concat([localHeader("labels.npy", crc, data.length), data]);
          await write(member, end);
          end += member.length;
        }
        await write(directory(members, end), end);
      }
      await file.sync();
      await file.close();
      await rename(temporary, out).catch((cause: unknown) => Promise.reject(unwritable(cause)));
    },
    async discard() {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

interface Member {
  readonly name: string;
  readonly crc: number;
  readonly bytes: number;
  /** Of its local header. */
  readonly at: number;
}

/** Stored, not compressed, as np.savez does: PKZIP's APPNOTE 4.3.7. */
function localHeader(name: string, crc: number, bytes: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header, 4, { crc, bytes, name });
  return Buffer.concat([header, Buffer.from(name)]);
}

function directory(members: readonly Member[], at: number): Buffer {
  const entries = members.map((member) => {
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(20, 4);
    writeCommon(entry, 6, member);
    entry.writeUInt32LE(member.at, 42);
    return Buffer.concat([entry, Buffer.from(member.name)]);
  });
  const list = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([list, end]);
}

/** Version, flags, method, time, date (1980-01-01), CRC, both sizes, and the name's length. */
function writeCommon(to: Buffer, at: number, { crc, bytes, name }: Omit<Member, "at">): void {
  to.writeUInt16LE(20, at);
  to.writeUInt16LE(0x21, at + 8);
  to.writeUInt32LE(crc >>> 0, at + 10);
  to.writeUInt32LE(bytes, at + 14);
  to.writeUInt32LE(bytes, at + 18);
  to.writeUInt16LE(name.length, at + 22);
}
