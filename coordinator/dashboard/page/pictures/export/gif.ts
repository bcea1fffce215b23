// Animated GIFs (GIF89a): one palette for all pictures, which are packed by LZW.
import { paletteOf } from "./palette.ts";

export interface Animation {
  readonly width: number;
  readonly height: number;
  /** RGBA, opaque, `width * height * 4` bytes each. */
  readonly pictures: readonly Uint8ClampedArray[];
  /** How long a picture is seen, in milliseconds; GIF counts in hundredths of a second. */
  readonly delayMs: number;
}

/** The application extension that repeats it. */
const FOR_EVER = [0x21, 0xff, 11, ...ascii("NETSCAPE2.0"), 3, 1, 0, 0, 0];

/** Plays for ever. */
export function encodeGif({ width, height, pictures, delayMs }: Animation): Uint8Array<ArrayBuffer> {
  const { colours, indexOf } = paletteOf(pictures);
  const bits = Math.max(2, Math.ceil(Math.log2(colours.length / 3)));
  const table = [...colours, ...Array.from({ length: 3 * 2 ** bits - colours.length }, () => 0)];
  const out: number[] = [
    ...ascii("GIF89a"),
    ...short(width),
    ...short(height),
    0xf0 | (bits - 1), // a palette for all, of 2 ** bits colours
    0,
    0,
    ...table,
    ...FOR_EVER,
  ];
  for (const pixels of pictures) {
    out.push(0x21, 0xf9, 4, 4, ...short(Math.max(2, Math.round(delayMs / 10))), 0, 0);
    out.push(0x2c, 0, 0, 0, 0, ...short(width), ...short(height), 0, bits);
    const indices = new Uint8Array(width * height);
    for (let i = 0; i < indices.length; i++)
      indices[i] = indexOf((pixels[4 * i] << 16) | (pixels[4 * i + 1] << 8) | pixels[4 * i + 2]);
    const packed = packLzw(indices, bits);
    for (let at = 0; at < packed.length; at += 255) {
      const block = packed.slice(at, at + 255);
      out.push(block.length);
      for (const byte of block) out.push(byte);
    }
    out.push(0);
  }
  out.push(0x3b);
  return Uint8Array.from(out);
}

const MOST_CODES = 4096;

/**
 * Variable-length codes as GIF packs them (Welch 1984): from `bits + 1` bits on, the lowest first; a full table is
 * cleared.
 */
function packLzw(indices: Uint8Array, bits: number): number[] {
  const [clear, end] = [2 ** bits, 2 ** bits + 1];
  const packed: number[] = [];
  let [buffer, filled, width, next] = [0, 0, bits + 1, end + 1];
  const codes = new Map<number, number>();
  const write = (code: number): void => {
    buffer |= code << filled;
    for (filled += width; filled >= 8; filled -= 8) {
      packed.push(buffer & 255);
      buffer >>>= 8;
    }
  };
  write(clear);
  let prefix = indices[0];
  for (let i = 1; i < indices.length; i++) {
    const key = prefix * 256 + indices[i];
    const known = codes.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    write(prefix);
    if (next < MOST_CODES) {
      codes.set(key, next);
      if (next === 2 ** width) width++;
      next++;
    } else {
      write(clear);
      codes.clear();
      [width, next] = [bits + 1, end + 1];
    }
    prefix = indices[i];
  }
  write(prefix);
  write(end);
  if (filled > 0) packed.push(buffer & 255);
  return packed;
}

function short(value: number): [number, number] {
  return [value & 255, value >> 8];
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
