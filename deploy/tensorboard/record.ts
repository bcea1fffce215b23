// The TFRecord format: records in a row, each with its length and two checksums.
//
//   u64 length | u32 masked crc32c of the length | bytes | u32 masked crc32c of the bytes        (little-endian)
//
// https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details

const HEAD_BYTES = 12;

export function encodeRecord(content: Uint8Array): Buffer {
  const record = Buffer.alloc(HEAD_BYTES + content.length + 4);
  record.writeBigUInt64LE(BigInt(content.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(content, HEAD_BYTES);
  record.writeUInt32LE(maskedCrc32c(content), HEAD_BYTES + content.length);
  return record;
}

/** The whole records of a file, with where each ends; what is torn or damaged ends them. */
export function* recordsIn(bytes: Buffer): Generator<{ readonly content: Buffer; readonly end: number }> {
  for (let at = 0; at + HEAD_BYTES + 4 <= bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const end = at + HEAD_BYTES + length + 4;
    if (maskedCrc32c(bytes.subarray(at, at + 8)) !== bytes.readUInt32LE(at + 8) || end > bytes.length) return;
    const content = bytes.subarray(at + HEAD_BYTES, end - 4);
    if (maskedCrc32c(content) !== bytes.readUInt32LE(end - 4)) return;
    yield { content, end };
    at = end;
  }
}

/** Castagnoli's polynomial, reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Rotated and moved, since a checksum of bytes that hold checksums is weak. */
function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
