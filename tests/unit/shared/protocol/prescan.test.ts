// The pre-scan: what may be decoded, and every way of refusing.
import { Packr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { MAX_DEPTH, MAX_HEADER_BYTES, prescan } from "../../../../shared/protocol/prescan.ts";

const packr = new Packr({ useRecords: false });
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const reasonOf = (value: Uint8Array): string => {
  const result = prescan(value);
  return result.ok ? "ok" : result.reason;
};
/** A map of one entry: the key "a", then the value's bytes. */
const withValue = (...value: number[]): Uint8Array => bytes(0x81, 0xa1, 0x61, ...value);

describe("prescan lets through", () => {
  test("the empty map", () => {
    expect(prescan(bytes(0x80))).toEqual({ ok: true });
  });

  test("every plain value that msgpackr packs", () => {
    const value = {
      integers: [
        0,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        2 ** 32,
        2 ** 53 - 1,
        -1,
        -33,
        -129,
        -(2 ** 31),
        -(2 ** 53 - 1),
      ],
      floats: [0.5, 1e300, -1.25],
      strings: ["", "x".repeat(31), "x".repeat(300), "é漢😀"],
      others: [true, false, null],
      list: Array.from({ length: 20 }, (_, i) => ({ i, nested: { deep: [[i]] } })),
    };
    expect(prescan(packr.pack(value))).toEqual({ ok: true });
  });

  test("every width of strings, arrays and maps", () => {
    expect(reasonOf(withValue(0xd9, 1, 0x61))).toBe("ok"); // str 8
    expect(reasonOf(withValue(0xda, 0, 1, 0x61))).toBe("ok"); // str 16
    expect(reasonOf(withValue(0xdb, 0, 0, 0, 1, 0x61))).toBe("ok"); // str 32
    expect(reasonOf(withValue(0xdc, 0, 1, 0xc0))).toBe("ok"); // array 16
    expect(reasonOf(withValue(0xdd, 0, 0, 0, 1, 0xc0))).toBe("ok"); // array 32
    expect(reasonOf(withValue(0xde, 0, 1, 0xa1, 0x62, 0xc0))).toBe("ok"); // map 16
    expect(reasonOf(withValue(0xdf, 0, 0, 0, 1, 0xa1, 0x62, 0xc0))).toBe("ok"); // map 32
  });

  test("64-bit integers up to 2^53 - 1 on both sides of zero", () => {
    expect(reasonOf(withValue(0xcf, 0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBe("ok");
    expect(reasonOf(withValue(0xd3, 0xff, 0xe0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01))).toBe("ok");
  });

  test("the same key in two different maps", () => {
    // {a: {a: {}}}
    expect(reasonOf(bytes(0x81, 0xa1, 0x61, 0x81, 0xa1, 0x61, 0x80))).toBe("ok");
  });

  test("a key after a nested map has closed, and a duplicate of it is still seen", () => {
    // {a: {b: nil}, b: nil} and {a: {b: nil}, a: nil}
    expect(reasonOf(bytes(0x82, 0xa1, 0x61, 0x81, 0xa1, 0x62, 0xc0, 0xa1, 0x62, 0xc0))).toBe("ok");
    expect(reasonOf(bytes(0x82, 0xa1, 0x61, 0x81, 0xa1, 0x62, 0xc0, 0xa1, 0x61, 0xc0))).toBe("duplicate-key");
  });

  test("nesting of exactly the limit, and not one deeper", () => {
    // One map and arrays below it.
    const nested = (depth: number) => withValue(...Array.from({ length: depth - 2 }, () => 0x91), 0x90);
    expect(reasonOf(nested(MAX_DEPTH))).toBe("ok");
    expect(reasonOf(nested(MAX_DEPTH + 1))).toBe("depth");
  });
});

describe("prescan refuses", () => {
  test("no bytes, and every truncation of a good header", () => {
    const good = packr.pack({ type: "x", list: [1, 2.5, 70_000, "text"], flag: true });
    expect(prescan(good)).toEqual({ ok: true });
    for (let length = 0; length < good.length; length++) {
      expect(["truncated", "count"]).toContain(reasonOf(good.subarray(0, length)));
    }
  });

  test("bytes left over", () => {
    expect(reasonOf(bytes(0x80, 0xc0))).toBe("trailing");
  });

  test("anything but a map at the top", () => {
    expect(reasonOf(bytes(0x90))).toBe("not-a-map");
    expect(reasonOf(bytes(0xc0))).toBe("not-a-map");
    expect(reasonOf(bytes(0xa1, 0x61))).toBe("not-a-map");
    // The bomb of 20 bytes: four arrays that each declare 2^25 - 1 items.
    expect(reasonOf(bytes(...[1, 2, 3, 4].flatMap(() => [0xdd, 0x01, 0xff, 0xff, 0xff])))).toBe("not-a-map");
  });

  test("counts and lengths beyond the bytes left, before anything is allocated", () => {
    expect(reasonOf(withValue(...[1, 2, 3, 4].flatMap(() => [0xdd, 0x01, 0xff, 0xff, 0xff])))).toBe("count");
    expect(reasonOf(withValue(0x92, 0xc0))).toBe("count"); // 2 items, 1 byte
    expect(reasonOf(bytes(0x82, 0xa1, 0x61, 0xc0))).toBe("count"); // 2 entries need 4 bytes, 3 are left
    expect(reasonOf(bytes(0xdf, 0xff, 0xff, 0xff, 0xff))).toBe("count");
    expect(reasonOf(withValue(0xa2, 0x61))).toBe("count"); // 2 letters, 1 byte
    expect(reasonOf(withValue(0xdb, 0xff, 0xff, 0xff, 0xff))).toBe("count");
  });

  test("20,000-deep nesting", () => {
    expect(reasonOf(withValue(...Array.from({ length: 20_000 }, () => 0x91), 0xc0))).toBe("depth");
  });

  test("every extension tag and the unused one", () => {
    for (const tag of [0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8]) {
      expect(reasonOf(withValue(tag, 1, 1, 1, 1, 1, 1, 1, 1))).toBe("extension");
    }
  });

  test("what msgpackr would encode as extensions: dates, sets, expressions, errors, undefined, records", () => {
    const loose = new Packr({ useRecords: false, moreTypes: true, structuredClone: true });
    for (const value of [new Date(0), new Set([1]), /a/, new Error("x"), undefined]) {
      expect(reasonOf(loose.pack({ value }))).toBe("extension");
    }
    expect(reasonOf(new Packr({ structures: [] }).pack({ list: [{ a: 1 }] }))).not.toBe("ok");
  });

  test("bin of every width", () => {
    for (const tag of [0xc4, 0xc5, 0xc6]) expect(reasonOf(withValue(tag, 0, 0, 0, 0))).toBe("binary");
  });

  test("64-bit integers beyond 2^53 - 1", () => {
    expect(reasonOf(withValue(0xcf, 0x00, 0x20, 0, 0, 0, 0, 0, 0))).toBe("integer"); // 2^53
    expect(reasonOf(withValue(0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0))).toBe("integer"); // -2^53
    expect(reasonOf(withValue(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0))).toBe("integer"); // -2^63
  });

  test("keys that are no strings", () => {
    expect(reasonOf(bytes(0x81, 0x01, 0xc0))).toBe("key");
    expect(reasonOf(bytes(0x81, 0x80, 0xc0))).toBe("key");
  });

  test("a key twice in one map, however its length is written", () => {
    expect(reasonOf(bytes(0x82, 0xa1, 0x61, 0xc0, 0xa1, 0x61, 0xc0))).toBe("duplicate-key");
    expect(reasonOf(bytes(0x82, 0xa1, 0x61, 0xc0, 0xd9, 1, 0x61, 0xc0))).toBe("duplicate-key");
  });

  test("keys named like the prototype, also below the top", () => {
    for (const key of ["__proto__", "constructor", "prototype"]) {
      expect(reasonOf(bytes(0x81, 0xa0 | key.length, ...Buffer.from(key), 0xc0))).toBe("forbidden-key");
      expect(reasonOf(withValue(0x91, 0x81, 0xa0 | key.length, ...Buffer.from(key), 0xc0))).toBe(
        "forbidden-key",
      );
    }
  });

  test("strings that are not UTF-8: an overlong spelling would slip past the key check", () => {
    expect(reasonOf(withValue(0xa2, 0xc1, 0xa1))).toBe("utf8"); // overlong "a"
    expect(reasonOf(withValue(0xa1, 0xff))).toBe("utf8");
  });

  test("more than 64 KiB", () => {
    // map, key "a", str 16 with 65,535 - 3 - 3 … letters: 3 + 3 + n bytes in all
    const sized = (total: number) => {
      const text = total - 6;
      return Uint8Array.from([
        0x81,
        0xa1,
        0x61,
        0xda,
        text >> 8,
        text & 0xff,
        ...new Uint8Array(text).fill(0x78),
      ]);
    };
    expect(reasonOf(sized(MAX_HEADER_BYTES))).toBe("ok");
    expect(reasonOf(sized(MAX_HEADER_BYTES + 1))).toBe("too-large");
  });
});
