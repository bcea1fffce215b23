// What kinds of pictures a source has, by their headers: sizes, formats, and what has to be done to them.
import { GanglionError } from "../../errors.ts";
import { findSignature } from "../files/file-signature.ts";
import type { OnProgress } from "../format.ts";
import type { Picture, PictureContent } from "../source.ts";
import { concurrently } from "./concurrently.ts";
import { MOST_PIXELS, READING, loadImageLibrary, reasonOf } from "./image-library.ts";
import { type PictureHeader, plainHeader } from "./plain-header.ts";

export interface Survey {
  /** How many pictures there are of each format, by its name: `PNG`. */
  readonly formats: Readonly<Record<string, number>>;
  /** How many there are of each size, the most frequent first. */
  readonly sizes: readonly SizeCount[];
  /** How many have one channel of grey, and how many have colour; with alpha or without. */
  readonly grey: number;
  readonly colour: number;
  /** How many have what the rules are about. */
  readonly oriented: number;
  readonly sixteenBit: number;
  readonly palette: number;
  readonly cmyk: number;
  readonly alpha: number;
  readonly animated: number;
}

/** Sizes are those after the EXIF orientation is applied. */
export interface SizeCount {
  readonly height: number;
  readonly width: number;
  readonly count: number;
}

export interface BadPicture {
  /** Its path below what the user named. */
  readonly name: string;
  readonly reason: string;
}

type Counts = { -readonly [Name in keyof Omit<Survey, "formats" | "sizes">]: number };

export interface Surveyed {
  readonly survey: Survey;
  /** By index. */
  readonly bad: ReadonlyMap<number, BadPicture>;
}

/**
 * Reads the header of every picture, on all cores. A picture that is empty, no picture, or larger than anything is bad.
 *
 * @throws GanglionError DATA when the source itself is damaged
 */
export async function surveyPictures(content: PictureContent, onProgress?: OnProgress): Promise<Surveyed> {
  const sharp = await loadImageLibrary();
  const formats = new Map<string, number>();
  const sizes = new Map<string, { height: number; width: number; count: number }>();
  const counts: Counts = {
    grey: 0,
    colour: 0,
    oriented: 0,
    sixteenBit: 0,
    palette: 0,
    cmyk: 0,
    alpha: 0,
    animated: 0,
  };
  const bad = new Map<number, BadPicture>();
  let done = 0;
  await concurrently(content.pictures(), async (picture) => {
    const read = await headerOf(picture, sharp);
    if (typeof read === "string") bad.set(picture.index, { name: picture.name, reason: read });
    else {
      const format = formatName(read);
      formats.set(format, (formats.get(format) ?? 0) + 1);
      const { height, width } = read.autoOrient;
      const size = sizes.get(`${height}×${width}`);
      if (size) size.count++;
      else sizes.set(`${height}×${width}`, { height, width, count: 1 });
      count(counts, read);
    }
    onProgress?.("looking at pictures", ++done, content.count);
  });
  const byCount = [...sizes.values()].sort(
    (a, b) => b.count - a.count || a.height - b.height || a.width - b.width,
  );
  const byName = [...formats].sort(([a], [b]) => (a < b ? -1 : 1));
  return { survey: { formats: Object.fromEntries(byName), sizes: byCount, ...counts }, bad };
}

/** Its header, or why it cannot be read. */
async function headerOf(
  picture: Picture,
  sharp: Awaited<ReturnType<typeof loadImageLibrary>>,
): Promise<PictureHeader | string> {
  let bytes: Uint8Array;
  try {
    bytes = await picture.bytes();
  } catch (error) {
    if (error instanceof GanglionError) throw error;
    return reasonOf(error);
  }
  if (bytes.length === 0) return "it is empty";
  try {
    const header: PictureHeader =
      plainHeader(bytes) ?? (await sharp(bytes, { ...READING, limitInputPixels: false }).metadata());
    if (header.format === "heif" && header.compression !== "av1")
      return "it is HEIC, as telephones write it, which is not read: convert it to JPEG";
    if (header.width * header.height <= MOST_PIXELS) return header;
    return `it claims ${header.width} × ${header.height} pixels, and ${MOST_PIXELS.toLocaleString("en-US")} are the most that is read`;
  } catch (error) {
    const foreign = findSignature(bytes);
    return foreign && !/picture/.test(foreign.what) ? `it is ${foreign.what}` : reasonOf(error);
  }
}

function count(counts: Counts, header: PictureHeader): void {
  const isGrey = header.space === "b-w" || header.space === "grey16";
  counts[isGrey ? "grey" : "colour"]++;
  if ((header.orientation ?? 1) > 1) counts.oriented++;
  if (header.depth === "ushort") counts.sixteenBit++;
  if (header.isPalette && header.format !== "gif") counts.palette++;
  if (header.space === "cmyk") counts.cmyk++;
  if (header.hasAlpha && header.format !== "gif") counts.alpha++; // GIF's is always there
  if ((header.pages ?? 1) > 1) counts.animated++;
}

function formatName({ format }: PictureHeader): string {
  if (format === "heif") return "AVIF";
  return format === "webp" ? "WebP" : format.toUpperCase();
}
