// Many small images as one PNG: the sample sheets of a run.
import sharp from "sharp";
import { replaceFile } from "./files/durable-file.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";

export interface ImageGrid {
  /** [N, H, W, C] in -1 … 1; what lies outside is clipped. */
  readonly images: Float32Array;
  /** [H, W, C], C 1 (grey), 3 (RGB) or 4 (RGBA); of any other number each channel is a grey picture, side by side in one tile. */
  readonly imageShape: readonly [number, number, number];
  /** Images a row. Default ⌈√N⌉: nearly square. */
  readonly columns?: number;
  /** Pixels of the PNG a pixel, both ways. Default: what brings the longer side near 96, so 3 for 28 × 28. */
  readonly scale?: number;
}

const GAP_PIXELS = 2;
/** Grey between the tiles, distinct from black and from white borders. */
const GAP_VALUE = 64;
const TILE_PIXELS = 96;

/**
 * Writes the PNG of `encodeImageGrid` to `file` in one step: a reader sees the old file or the new one, never a part.
 *
 * @throws GanglionError RUN_FOLDER when the file cannot be written; as `encodeImageGrid`
 */
export async function writeImageGrid(grid: ImageGrid & { readonly file: string }): Promise<void> {
  const png = await encodeImageGrid(grid);
  try {
    await replaceFile(grid.file, png);
  } catch (cause) {
    throw new GanglionError(
      "RUN_FOLDER",
      `${grid.file} cannot be written (${messageOf(cause)}): check that its folder exists and has room`,
      { cause },
    );
  }
}

/**
 * One PNG with the images in rows from the upper left; equal input gives equal bytes.
 *
 * @throws GanglionError DIVERGED when a pixel is NaN; RangeError when shape, columns or scale make no sense
 */
export async function encodeImageGrid(picture: ImageGrid): Promise<Buffer> {
  const { data, ...raw } = gridPixels(picture);
  return await sharp(data, { raw, limitInputPixels: false }).png().toBuffer();
}

/** Pixels in rows, as sharp takes them. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** What `encodeImageGrid` encodes, and with the same errors. */
export function gridPixels(picture: ImageGrid): Pixels {
  const grid = [1, 3, 4].includes(picture.imageShape[2]) ? picture : channelsSideBySide(picture);
  const [height, width, channels] = grid.imageShape;
  const count = countImages(grid);
  const columns = positive("columns", grid.columns ?? Math.ceil(Math.sqrt(count)));
  const scale = positive(
    "scale",
    grid.scale ?? Math.max(1, Math.floor(TILE_PIXELS / Math.max(height, width))),
  );
  const rows = Math.ceil(count / columns);
  const sheetWidth = columns * (width * scale + GAP_PIXELS) - GAP_PIXELS;
  const sheetHeight = rows * (height * scale + GAP_PIXELS) - GAP_PIXELS;
  const sheet = new Uint8Array(sheetHeight * sheetWidth * channels).fill(GAP_VALUE);
  if (channels === 4) for (let alpha = 3; alpha < sheet.length; alpha += 4) sheet[alpha] = 255; // gaps are opaque
  for (let image = 0; image < count; image++) {
    const top = Math.floor(image / columns) * (height * scale + GAP_PIXELS);
    const left = (image % columns) * (width * scale + GAP_PIXELS);
    for (let y = 0; y < height * scale; y++) {
      const from = (image * height + Math.floor(y / scale)) * width;
      const to = (top + y) * sheetWidth + left;
      for (let x = 0; x < width * scale; x++) {
        for (let c = 0; c < channels; c++) {
          const value = grid.images[(from + Math.floor(x / scale)) * channels + c];
          sheet[(to + x) * channels + c] = byteOf(value, image);
        }
      }
    }
  }
  return { data: sheet, width: sheetWidth, height: sheetHeight, channels: channels as 1 | 3 | 4 };
}

/** [N, H, W, C] as grey pictures [N, H, C · W, 1]. */
function channelsSideBySide(grid: ImageGrid): ImageGrid {
  const [height, width, channels] = grid.imageShape;
  const rows = countImages(grid) * height;
  const images = new Float32Array(grid.images.length);
  for (let row = 0; row < rows; row++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++)
        images[(row * channels + c) * width + x] = grid.images[(row * width + x) * channels + c];
    }
  }
  return { ...grid, images, imageShape: [height, width * channels, 1] };
}

/**
 * -1 … 1 to 0 … 255, the inverse of how a data set's pixels are read.
 *
 * @throws GanglionError DIVERGED for NaN
 */
export function byteOf(value: number, image: number): number {
  if (Number.isNaN(value)) {
    throw new GanglionError(
      "DIVERGED",
      `image ${image} of the grid has a NaN pixel: the generator diverged, go back to an older checkpoint`,
    );
  }
  return Math.round((Math.min(1, Math.max(-1, value)) + 1) * 127.5);
}

function countImages({ images, imageShape }: ImageGrid): number {
  const [height, width, channels] = imageShape;
  const size = positive("height", height) * positive("width", width) * positive("channels", channels);
  if (images.length === 0 || images.length % size !== 0) {
    throw new RangeError(
      `${images.length} numbers are no whole number of ${imageShape.join(" × ")} images: give N × ${size}`,
    );
  }
  return images.length / size;
}

function positive(name: string, value: number): number {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} ${value} makes no grid: give a whole number of at least 1`);
  }
  return value;
}
