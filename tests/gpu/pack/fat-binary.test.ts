// Machine code of other GPUs, taken out of a library.
import { expect, test } from "vitest";
import { keepArchitecture } from "./fat-binary.ts";

/** One entry of a fat binary: 64 bytes of header, then machine code. */
function entry(kind: number, architecture: number, code: number): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt16LE(kind, 0);
  header.writeUInt32LE(64, 4);
  header.writeBigUInt64LE(8n, 8);
  header.writeUInt32LE(architecture, 28);
  return Buffer.concat([header, Buffer.alloc(8, code)]);
}

function fatBinary(...entries: readonly Buffer[]): Buffer {
  const body = Buffer.concat(entries);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(0xba55ed50, 0);
  header.writeUInt16LE(16, 6);
  header.writeBigUInt64LE(BigInt(body.length), 8);
  return Buffer.concat([header, body]);
}

/** An ELF file of two sections: the names, and the fat binaries, with padding between them. */
function library(...binaries: readonly Buffer[]): Buffer {
  const names = Buffer.from("\0.names\0.nv_fatbin\0".padEnd(24, "\0"), "latin1");
  const fat = Buffer.concat(binaries.flatMap((binary) => [binary, Buffer.alloc(8)]));
  const [namesAt, fatAt] = [64, 64 + names.length];
  const section = (nameAt: number, offset: number, size: number): Buffer => {
    const header = Buffer.alloc(64);
    header.writeUInt32LE(nameAt, 0);
    header.writeBigUInt64LE(BigInt(offset), 0x18);
    header.writeBigUInt64LE(BigInt(size), 0x20);
    return header;
  };
  const header = Buffer.alloc(64);
  header.writeBigUInt64LE(BigInt(fatAt + fat.length), 0x28);
  header.writeUInt16LE(64, 0x3a);
  header.writeUInt16LE(2, 0x3c);
  header.writeUInt16LE(0, 0x3e);
  const sections = [section(1, namesAt, names.length), section(8, fatAt, fat.length)];
  return Buffer.concat([header, names, fat, ...sections]);
}

const count = (file: Buffer, byte: number): number => file.filter((other) => other === byte).length;

test("code stays that the GPU runs (of its major version, not newer) and PTX, the rest becomes zeros", () => {
  const file = library(
    fatBinary(entry(2, 80, 0xa1), entry(2, 89, 0xa2), entry(2, 90, 0xa3)),
    fatBinary(entry(2, 86, 0xa4), entry(1, 120, 0xa5)),
  );
  const length = file.length;
  expect(keepArchitecture(file, 86)).toEqual({
    keptBytes: 3 * 8, // 80, 86, PTX
    zeroedBytes: 2 * 8, // 89, 90
    architectures: [80, 86, 89, 90, 120],
  });
  expect([0xa1, 0xa2, 0xa3, 0xa4, 0xa5].map((byte) => count(file, byte))).toEqual([8, 0, 0, 8, 8]);
  expect(file.length).toBe(length);
});

test("a GPU for which there is no code is refused, with those for which there is", () => {
  expect(() => keepArchitecture(library(fatBinary(entry(2, 80, 1), entry(2, 90, 1))), 75)).toThrow(
    "the library has no machine code for 75, only for 80, 90",
  );
});
