// The headers of most pictures, read here: the image library takes as long for one as for a third of a small picture.
import type { Metadata } from "sharp";

/** What a survey counts of a picture. */
export type PictureHeader = Pick<
  Metadata,
  "format" | "width" | "height" | "autoOrient" | "space" | "depth" | "isPalette" | "hasAlpha"
> &
  Partial<Pick<Metadata, "orientation" | "pages" | "compression">>;

/**
 * Of a PNG or JPEG of 8 bits without palette, orientation or anything else that changes how it is read, what the image
 * library would say of it; null for every other picture, also where this reader is merely not sure.
 */
export function plainHeader(bytes: Uint8Array): PictureHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) return null;
  if (view.getUint16(0) === JPEG_START) return plainJpeg(view);
  return view.getUint32(0) === PNG_START ? plainPng(view) : null;
}

function headerOf(
  format: "jpeg" | "png",
  { width, height, isGrey, hasAlpha }: { width: number; height: number; isGrey: boolean; hasAlpha: boolean },
): PictureHeader | null {
  if (width === 0 || height === 0) return null;
  const space = isGrey ? "b-w" : "srgb";
  const autoOrient = { width, height };
  return { format, width, height, autoOrient, space, depth: "uchar", isPalette: false, hasAlpha };
}

const JPEG_START = 0xff_d8;
const START_OF_SCAN = 0xda;
/** Frames that Huffman codes: baseline, extended, progressive. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** Tables, restart intervals, JFIF, ICC profiles, comments: not EXIF (0xe1), nor Adobe's colours (0xee). */
const HARMLESS_SEGMENTS: ReadonlySet<number> = new Set([0xc4, 0xdb, 0xdd, 0xe0, 0xe2, 0xfe]);

/** ISO/IEC 10918-1, annex B: segments `ff MARKER LENGTH …` up to the first scan, one of them the frame's. */
function plainJpeg(view: DataView): PictureHeader | null {
  let frame: PictureHeader | null = null;
  for (let at = 2; at + 4 <= view.byteLength;) {
    const marker = view.getUint8(at + 1);
    const length = view.getUint16(at + 2);
    if (view.getUint8(at) !== 0xff || length < 2 || at + 2 + length > view.byteLength) return null;
    if (marker === START_OF_SCAN) return frame;
    if (FRAMES.has(marker)) {
      if (frame || length < 8) return null;
      const components = view.getUint8(at + 9);
      if (view.getUint8(at + 4) !== 8 || length !== 8 + 3 * components) return null;
      if (components !== 1 && components !== 3) return null;
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      frame = headerOf("jpeg", { width, height, isGrey: components === 1, hasAlpha: false });
      if (!frame) return null;
    } else if (!HARMLESS_SEGMENTS.has(marker)) return null;
    at += 2 + length;
  }
  return null;
}

const PNG_START = 0x89_50_4e_47;
const PNG_SIGNATURE_BYTES = 8;
/** Type, length and checksum. */
const CHUNK_FRAME_BYTES = 12;
const COLOUR = 2;
const ALPHA = 4;
const HARMLESS_CHUNKS: ReadonlySet<string> = new Set(["IDAT", "pHYs", "gAMA", "cHRM", "sRGB", "tIME"]);

/** PNG 1.2, chapter 3: chunks `LENGTH TYPE … CRC` up to IEND, since some that matter may stand behind the pixels. */
function plainPng(view: DataView): PictureHeader | null {
  let header: PictureHeader | null = null;
  for (let at = PNG_SIGNATURE_BYTES; at + CHUNK_FRAME_BYTES <= view.byteLength;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...[4, 5, 6, 7].map((byte) => view.getUint8(at + byte)));
    if (at + CHUNK_FRAME_BYTES + length > view.byteLength) return null;
    if (type === "IEND") return header;
    if (header === null) {
      if (type !== "IHDR" || length !== 13) return null;
      const [depth, colourType] = [view.getUint8(at + 16), view.getUint8(at + 17)];
      if (depth !== 8 || ![0, COLOUR, ALPHA, COLOUR + ALPHA].includes(colourType)) return null;
      const [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
      const [isGrey, hasAlpha] = [(colourType & COLOUR) === 0, (colourType & ALPHA) !== 0];
      header = headerOf("png", { width, height, isGrey, hasAlpha });
      if (!header) return null;
    } else if (!HARMLESS_CHUNKS.has(type)) return null;
    at += CHUNK_FRAME_BYTES + length;
  }
  return null;
}
