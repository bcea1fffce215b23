// Safetensors: what is written is read again, other frameworks can read it, and damage is refused with a sentence.
import { describe, expect, test } from "vitest";
import { GanglionError } from "../../../../../shared/errors.ts";
import {
  contentHash,
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type Tensor,
} from "../../../../../coordinator/records/files/safetensors.ts";

const SAMPLE: Safetensors = {
  tensors: new Map<string, Tensor>([
    ["weights/b", { dtype: "F32", shape: [2, 2], data: Float32Array.of(1, -2, 3.5, NaN) }],
    ["weights/a", { dtype: "F32", shape: [], data: Float32Array.of(7) }],
    ["labels", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 255) }],
    ["empty", { dtype: "I32", shape: [0, 4], data: new Int32Array(0) }],
    ["ids", { dtype: "I32", shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) }],
    ["big", { dtype: "I64", shape: [1], data: BigInt64Array.of(-(2n ** 62n)) }],
  ]),
  metadata: { step: "40", note: 'zwölf \u2028 "quoted"' },
};

describe("encode and decode", () => {
  test("give back every tensor, type, shape and the metadata", () => {
    const decoded = decodeSafetensors(encodeSafetensors(SAMPLE), "a.safetensors");
    expect(decoded.metadata).toEqual(SAMPLE.metadata);
    expect(Object.fromEntries(decoded.tensors)).toEqual(Object.fromEntries(SAMPLE.tensors));
  });

  test("write the bytes of the specification", () => {
    const tensors = new Map<string, Tensor>([["t", { dtype: "F32", shape: [1], data: Float32Array.of(1) }]]);
    const bytes = Buffer.from(encodeSafetensors({ tensors, metadata: {} }));
    const json = '{"__metadata__":{},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'; // 72 bytes, 8 · 9
    expect(bytes.readBigUInt64LE(0)).toBe(72n);
    expect(bytes.toString("utf8", 8, 80)).toBe(json);
    expect(bytes.subarray(80).toString("hex")).toBe("0000803f"); // 1.0, little-endian
  });

  test("write the same bytes and hash whatever the order of insertion", () => {
    const reversed: Safetensors = {
      tensors: new Map([...SAMPLE.tensors].reverse()),
      metadata: Object.fromEntries(Object.entries(SAMPLE.metadata).reverse()),
    };
    expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(SAMPLE));
    expect(contentHash(reversed)).toBe(contentHash(SAMPLE));
  });

  test("begin the data at a multiple of 8 bytes, and each tensor at one of its own size", () => {
    for (const note of ["", "1", "12", "123", "1234", "12345", "123456", "1234567"]) {
      const bytes = encodeSafetensors({ ...SAMPLE, metadata: { note } });
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(length % 8).toBe(0);
    }
    expect([...decodeSafetensors(encodeSafetensors(SAMPLE), "a").tensors.keys()]).toEqual(
      ["big", "empty", "ids", "weights/a", "weights/b", "labels"], // 8 bytes, then 4, then 1
    );
  });

  test("copy, from a Buffer in the middle of another and from shared memory", () => {
    const data = new Float32Array(new SharedArrayBuffer(8));
    data.set([1, 2]);
    const content: Safetensors = {
      tensors: new Map([["w", { dtype: "F32", shape: [2], data }]]),
      metadata: {},
    };
    const hash = contentHash(content);
    const bytes = encodeSafetensors(content);
    data.fill(9);
    const inside = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)]).subarray(3, 3 + bytes.length);
    const decoded = decodeSafetensors(inside, "a");
    inside.fill(0xff);
    expect(decoded.tensors.get("w")?.data).toEqual(Float32Array.of(1, 2));
    expect(contentHash(decoded)).toBe(hash);
  });

  test("refuse to write a shape that does not fit its data", () => {
    const tensors = new Map<string, Tensor>([["w", { dtype: "F32", shape: [3], data: Float32Array.of(1) }]]);
    expect(() => encodeSafetensors({ tensors, metadata: {} })).toThrow(/\[3\] has 1 values/);
  });
});

describe("decodeSafetensors refuses", () => {
  test.each([
    ["an empty file", new Uint8Array(0), /has 0 bytes/],
    ["a header longer than the file", prefixed(17n, "{}"), /claims 17 bytes, the file has 10/],
    ["a header over the limit", prefixed(2n ** 63n, "{}"), /9223372036854775808 bytes, over the limit/],
    ["a header that is no JSON", file("{oops"), /no JSON/],
    ["a header that is no UTF-8", prefixed(2n, Buffer.from([0xc3, 0x28])), /no JSON/],
    ["a header that is no object", file("[1]"), /wrong at the top/],
    ["metadata that is no string", file('{"__metadata__":{"step":4}}'), /__metadata__.step/],
    ["an unknown type", file('{"w":{"dtype":"F13","shape":[],"data_offsets":[0,4]}}', 4), /w.dtype/],
    ["a missing shape", file('{"w":{"dtype":"F32","data_offsets":[0,4]}}', 4), /w.shape/],
    ["a negative dimension", file(entry("w", [-1], 0, 4), 4), /w.shape.0/],
    ["a broken offset", file(entry("w", [1], 0, 4.5), 5), /w.data_offsets.1/],
    [
      "an end before the start",
      file(entry("w", [1], 0, 4).replace("}}", `},${entry("x", [], 4, 0).slice(1)}`), 4),
      /x lies at 4 … 0/,
    ],
    ["an end beyond the data", file(entry("w", [2], 0, 8), 4), /w ends at 8, the data at 4/],
    ["a shape larger than its bytes", file(entry("w", [2 ** 40, 2 ** 40], 0, 4), 4), /in 4 bytes/],
    ["a shape smaller than its bytes", file(entry("w", [1], 0, 8), 8), /in 8 bytes/],
    ["a hole", file(entry("w", [1], 4, 8), 8), /w lies at 4 … 8, expected at 0/],
    [
      "an overlap",
      file(`{${pair("a", [2], 0, 8)},${pair("b", [1], 4, 8)}}`, 8),
      /b lies at 4 … 8, expected at 8/,
    ],
    ["bytes after the last tensor", file(entry("w", [1], 0, 4), 5), /1 bytes follow/],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, "runs/x.safetensors")).toThrow(message);
    expect(() => decodeSafetensors(bytes, "runs/x.safetensors")).toThrow(/^runs\/x\.safetensors /);
    expect(() => decodeSafetensors(bytes, "runs/x.safetensors")).toThrow(GanglionError);
  });

  test("a file cut at any byte", () => {
    const bytes = encodeSafetensors(SAMPLE);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length), "a")).toThrow(GanglionError);
    }
  });

  test("or its hash tells, a file with any one bit turned over", () => {
    const bytes = encodeSafetensors({
      ...SAMPLE,
      metadata: { ...SAMPLE.metadata, hash: contentHash(SAMPLE) },
    });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] ^= 1 << (bit & 7);
      expect(readsAsWhole(bytes), `bit ${bit}`).toBe(false);
      bytes[bit >> 3] ^= 1 << (bit & 7);
    }
    expect(readsAsWhole(bytes)).toBe(true);
  });
});

function readsAsWhole(bytes: Uint8Array): boolean {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes, "a");
    const { hash, ...rest } = metadata;
    return hash === contentHash({ tensors, metadata: rest });
  } catch (error) {
    if (error instanceof GanglionError) return false;
    throw error;
  }
}

function prefixed(length: bigint, header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length);
  return Buffer.concat([prefix, Buffer.from(header), Buffer.alloc(dataBytes)]);
}

function file(header: string, dataBytes = 0): Uint8Array {
  return prefixed(BigInt(header.length), header, dataBytes);
}

function pair(name: string, shape: number[], from: number, to: number): string {
  return `"${name}":${JSON.stringify({ dtype: "F32", shape, data_offsets: [from, to] })}`;
}

function entry(name: string, shape: number[], from: number, to: number): string {
  return `{${pair(name, shape, from, to)}}`;
}
