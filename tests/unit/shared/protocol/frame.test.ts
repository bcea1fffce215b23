// Frames: what goes in comes out, what is damaged is refused with a reason, and no bytes can hurt.
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { GanglionError } from "../../../../shared/errors.ts";
import { decodeFrame, encodeFrame } from "../../../../shared/protocol/frame.ts";
import { parseMessage, type Message } from "../../../../shared/protocol/messages.ts";

const lease: Message = {
  type: "lease",
  id: 2 ** 40,
  version: 64, // 0x40 … 0x7f are record references to a careless decoder
  deadlineMs: 1500.5,
  work: { kind: "phase", phase: 0, step: 127, first: 4, shards: 4, position: 2 ** 53 - 1 },
};
const failed: Message = { type: "failed", lease: 1, reason: `ключ 😀 ${"long ".repeat(60)}` };
const weights: Message = { type: "weights", version: 7 };

function encode(message: Message, body?: Float32Array | Uint8Array): Buffer {
  return Buffer.concat(encodeFrame(message, body));
}

function reasonOf(frame: Uint8Array): string {
  const result = decodeFrame(frame);
  return result.ok ? "ok" : result.reason;
}

/** A frame with a right length and checksum around any header and body, as a malicious peer would build it. */
function seal(header: Uint8Array, kind = 0, body: Uint8Array = new Uint8Array(0)): Buffer {
  const start = Math.ceil((16 + header.length) / 4) * 4;
  const frame = Buffer.alloc(start + body.length + 4);
  frame.write("GNG1", 0, "latin1");
  frame.writeUInt32LE(header.length, 4);
  frame[8] = kind;
  frame.writeUInt32LE(body.length, 12);
  frame.set(header, 16);
  frame.set(body, start);
  frame.writeUInt32LE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

/** Sets the checksum right again after a change. */
function reseal(frame: Buffer): Buffer {
  frame.writeUInt32LE(crc32(frame.subarray(0, -4)), frame.length - 4);
  return frame;
}

describe("a frame", () => {
  test("carries a message without a body", () => {
    for (const message of [lease, failed, { type: "leaving" } as const]) {
      expect(decodeFrame(encode(message))).toEqual({ ok: true, message, body: null });
    }
  });

  test("carries float32 bit by bit, NaN payloads and negative zero included", () => {
    const body = new Float32Array([1.5, -0, Infinity, 0, 1e-45]);
    new Uint32Array(body.buffer)[3] = 0x7fc0_1234; // a NaN with a payload
    const result = decodeFrame(encode(weights, body));
    if (!result.ok || !(result.body instanceof Float32Array)) throw new Error("no float body");
    expect(new Uint32Array(result.body)).toHaveLength(5);
    expect(Buffer.from(result.body.buffer, result.body.byteOffset, 20)).toEqual(Buffer.from(body.buffer));
  });

  test("carries bytes of any length, and tells an empty body from none", () => {
    for (const length of [0, 1, 2, 3, 5]) {
      const body = Uint8Array.from({ length }, (_, i) => 250 + i);
      expect(decodeFrame(encode(weights, body))).toEqual({ ok: true, message: weights, body });
    }
    expect(decodeFrame(encode(weights, new Float32Array(0)))).toMatchObject({ body: new Float32Array(0) });
  });

  test("carries a part of a larger vector, also over shared memory", () => {
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    expect(decodeFrame(encode(weights, shared.subarray(1, 3)))).toMatchObject({
      body: new Float32Array([2, 3]),
    });
  });

  test("has the documented layout", () => {
    // {"type": "leaving"}: 0xde 0 1 (map 16) or 0x81, then a4 "type" (5 bytes), a7 "leaving" (8 bytes)
    const frame = encode({ type: "leaving" }, new Float32Array([1]));
    const header = frame.readUInt32LE(4);
    const start = Math.ceil((16 + header) / 4) * 4;
    expect(frame.toString("latin1", 0, 4)).toBe("GNG1");
    expect([...frame.subarray(8, 16)]).toEqual([1, 0, 0, 0, 4, 0, 0, 0]); // float32, reserved, 4 bytes
    expect(frame.toString("latin1", 16, 16 + header)).toContain("leaving");
    expect(frame.readFloatLE(start)).toBe(1);
    expect(frame).toHaveLength(start + 4 + 4);
    expect(frame.readUInt32LE(start + 4)).toBe(crc32(frame.subarray(0, start + 4)));
  });

  test("gives its body to the sender as a view: tensors are not copied", () => {
    const body = new Float32Array([1, 2, 3]).subarray(1);
    const [, content] = encodeFrame(weights, body);
    expect(content.buffer).toBe(body.buffer);
    expect([content.byteOffset, content.byteLength]).toEqual([4, 8]);
  });

  test("gives its body to the receiver as a view where it is aligned, as a copy where it is not", () => {
    const frame = encode(weights, new Float32Array([1, 2]));
    for (const shift of [0, 1, 2, 3]) {
      const memory = new ArrayBuffer(frame.length + 4);
      const received = new Uint8Array(memory, shift, frame.length);
      received.set(frame);
      const result = decodeFrame(received);
      if (!result.ok || !result.body) throw new Error("no body");
      expect(result.body).toEqual(new Float32Array([1, 2]));
      expect(result.body.buffer === memory).toBe(shift === 0);
    }
  });

  test("that no receiver would accept is refused at the sender", () => {
    const hash = "a".repeat(64);
    const large: Message = { type: "prepare", programs: Array.from({ length: 1000 }, () => hash) }; // 66 kB
    expect(() => encodeFrame(large)).toThrow(/header of prepare has 6\d+ bytes, a frame allows 65536/);
    const undefinedField = { type: "leaving", extra: undefined } as unknown as Message;
    expect(() => encodeFrame(undefinedField)).toThrow(GanglionError);
    expect(() => encodeFrame(undefinedField)).toThrow(/leaving holds a value that no receiver accepts/);
  });
});

describe("decodeFrame refuses", () => {
  test("every truncation and every extension of a good frame", () => {
    const good = encode(weights, new Float32Array([1, 2]));
    for (let length = 0; length < good.length; length++) {
      expect(reasonOf(good.subarray(0, length))).toBe(length < 16 ? "truncated" : "length");
    }
    expect(reasonOf(Buffer.concat([good, Buffer.alloc(1)]))).toBe("length");
  });

  test("every flipped bit", () => {
    const good = encode(weights, new Uint8Array([1, 2, 3]));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const flipped = Buffer.from(good);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expect(reasonOf(flipped)).not.toBe("ok");
    }
  });

  test("a body whose bit flipped, as a wrong checksum", () => {
    const frame = encode(weights, new Float32Array([1, 2]));
    frame[frame.length - 5] ^= 1;
    expect(reasonOf(frame)).toBe("checksum");
  });

  test("fixed fields that make no sense, even under a right checksum", () => {
    const change = (edit: (frame: Buffer) => void) => {
      const frame = encode(weights, new Float32Array([1, 2]));
      edit(frame);
      return reasonOf(reseal(frame));
    };
    expect(change((frame) => frame.write("GNG2", 0))).toBe("magic");
    expect(change((frame) => frame.writeUInt32LE(0, 4))).toBe("header-length");
    expect(change((frame) => frame.writeUInt32LE(65_537, 4))).toBe("header-length");
    expect(change((frame) => frame.writeUInt8(3, 8))).toBe("body-kind");
    expect(change((frame) => frame.writeUInt8(0, 8))).toBe("body-length"); // "none" with 8 bytes
    expect(change((frame) => frame.writeUInt32LE(7, 12))).toBe("body-length"); // not whole floats
    expect(change((frame) => frame.writeUInt32LE(0xffff_fffc, 12))).toBe("length");
    expect(change((frame) => frame.writeUInt8(1, 9))).toBe("padding");
  });

  test("padding that is not zero", () => {
    const header = Buffer.from([0x81, 0xa4, ...Buffer.from("type"), 0xa7, ...Buffer.from("leaving")]); // 14 bytes
    expect(reasonOf(seal(header))).toBe("ok");
    const frame = seal(header);
    frame[16 + 14] = 1; // the first of two padding bytes
    expect(reasonOf(reseal(frame))).toBe("padding");
  });

  test("headers that the pre-scan refuses, with its reason", () => {
    const entry = [0x81, 0xa1, 0x61];
    expect(reasonOf(seal(Uint8Array.from([...entry, 0xdd, 0x01, 0xff, 0xff, 0xff])))).toBe("header-count");
    expect(reasonOf(seal(Uint8Array.from([...entry, ...Array(20_000).fill(0x91), 0xc0])))).toBe(
      "header-depth",
    );
    expect(reasonOf(seal(Uint8Array.from([...entry, 0xd6, 0xff, 0, 0, 0, 0])))).toBe("header-extension"); // a timestamp
  });

  test("messages outside the schema, and says which field", () => {
    const unknown = encodeFrame({ type: "leaving", more: 1 } as unknown as Message);
    expect(decodeFrame(Buffer.concat(unknown))).toMatchObject({ ok: false, reason: "schema" });
    const wrong = { type: "cancel", lease: -1 } as Message;
    expect(decodeFrame(encode(wrong))).toMatchObject({
      reason: "schema",
      detail: expect.stringContaining("lease"),
    });
  });

  test("names that would steer the terminals that show them", () => {
    const named = (node: string): Message => ({ type: "hello", protocol: 1, node, threads: 1, engine: "graph", device: "cpu", arithmetic: "x" }); // prettier-ignore
    expect(decodeFrame(encode(named("gpu-1/Zürich")))).toMatchObject({ ok: true });
    for (const node of ["a\u001B[2J", "a\nwarning: b", "\u009B2J"])
      expect(decodeFrame(encode(named(node)))).toMatchObject({ reason: "schema", detail: expect.stringContaining("node") }); // prettier-ignore
  });
});

describe("decodeFrame survives", () => {
  const FRAMES = 100_000;

  test(`${FRAMES} hostile frames: each is refused or is a valid message, in bounded memory and time`, () => {
    const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
    const random = createRandom(seed);
    const counts = new Map<string, number>();
    const memoryBefore = memoryBytes();
    let peak = 0;
    const started = performance.now();
    for (let i = 0; i < FRAMES; i++) {
      const frame = hostileFrame(random);
      let outcome = "ok";
      try {
        const result = decodeFrame(frame);
        if (!result.ok) outcome = result.reason;
        else if (!parseMessage(result.message).ok) throw new Error("accepted an invalid message");
      } catch (error) {
        throw new Error(`FUZZ_SEED=${seed}, frame ${i}: ${frame.toString("hex").slice(0, 400)}`, {
          cause: error,
        });
      }
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (i % 5000 === 0) peak = Math.max(peak, memoryBytes() - memoryBefore);
    }
    console.log(`FUZZ_SEED=${seed}`, Object.fromEntries(counts));
    expect(performance.now() - started, `FUZZ_SEED=${seed}`).toBeLessThan(30_000);
    // Garbage between collections counts too: generous, yet a hundredth of what one undetected bomb takes.
    expect(peak, `FUZZ_SEED=${seed}`).toBeLessThan(400 * 2 ** 20);
    // The mix reaches every layer: damage, structure, schema, and frames that are fine.
    for (const outcome of [
      "ok",
      "truncated",
      "magic",
      "length",
      "checksum",
      "schema",
      "header-count",
      "header-depth",
    ]) {
      expect(counts.get(outcome), `${outcome}, FUZZ_SEED=${seed}`).toBeGreaterThan(0);
    }
    expect(counts.get("header-extension"), `FUZZ_SEED=${seed}`).toBeGreaterThan(0);
  }, 60_000);
});

type Random = (below: number) => number;

/** mulberry32: integers below a bound, from a seed that a failure prints. */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}

function memoryBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function hostileFrame(random: Random): Buffer {
  const good = (): Buffer => {
    const message = [lease, failed, weights][random(3)];
    return random(2) ? encode(message) : encode(message, new Float32Array(random(8)));
  };
  const flip = (frame: Buffer): Buffer => {
    for (let n = 1 + random(4); n > 0; n--) frame[random(frame.length)] ^= 1 << random(8);
    return frame;
  };
  switch (random(9)) {
    case 0:
      return noise(random, random(200));
    case 1:
      return good().subarray(0, random(60));
    case 2:
      return flip(good());
    case 3:
      return reseal(flip(good()));
    case 4:
      return seal(noise(random, 1 + random(100)), random(3), noise(random, 4 * random(4)));
    case 5:
      return seal(mapOf(tangle(random, 40)));
    case 6: // the nested bomb, at some depth
      return seal(mapOf(Array.from({ length: 1 + random(20) }, () => [0xdd, 0x01, 0xff, 0xff, 0xff]).flat()));
    case 7: // nesting far beyond any stack, in a hundredth of the cases (it is 20 kB and more)
      return random(100) ? good() : seal(mapOf(Array.from({ length: 20_000 }, () => nest(random)).flat()));
    default:
      return seal(mapOf([[0xc7, 0xd4, 0xd6, 0xd8, 0xc1, 0xc9][random(6)], ...noise(random, random(30))]));
  }
}

/** The start of an array of one item, or of a map of one entry. */
function nest(random: Random): number[] {
  return random(2) ? [0x91] : [0x81, 0xa1, 0x61];
}

/** {a: value} */
function mapOf(value: readonly number[]): Uint8Array {
  return Uint8Array.from([0x81, 0xa1, 0x61, ...value]);
}

/** Bytes that look like msgpack: tags of all kinds with small counts, so that many parse some way in. */
function tangle(random: Random, budget: number): number[] {
  const out: number[] = [];
  while (out.length < budget) {
    switch (random(6)) {
      case 0:
        out.push(0x80 + random(4), 0xa1, 0x61 + random(3));
        break;
      case 1:
        out.push(0x90 + random(4));
        break;
      case 2:
        out.push(0xa0 + random(3), 0x61, 0x62);
        break;
      case 3:
        out.push(0xc0 + random(32), random(4), random(256));
        break;
      default:
        out.push(random(256));
    }
  }
  return out;
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)));
}
