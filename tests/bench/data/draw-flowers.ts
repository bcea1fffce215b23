// Draws a folder of photos of a kind: flowers, no two alike, of many sizes or of one, as JPEG.
//
//   npx jiti tests/bench/data/draw-flowers.ts ./flowers 4000
//   npx jiti tests/bench/data/draw-flowers.ts ./thumbnails 4000 32x32
import { drawFlowers, mixedSize } from "./flowers.ts";

const [folder, count = "4000", size = ""] = process.argv.slice(2);
const [, width, height] = /^([1-9]\d{0,3})x([1-9]\d{0,3})$/.exec(size) ?? [];
if (folder === undefined || !/^[1-9]\d{0,6}$/.test(count) || (size !== "" && width === undefined)) {
  process.stderr.write("usage: draw-flowers.ts FOLDER [COUNT] [WIDTHxHEIGHT]\n");
  process.exitCode = 2;
} else {
  const sizeOf = width === undefined ? mixedSize : () => [Number(width), Number(height)] as const;
  await drawFlowers(folder, Number(count), sizeOf);
}
