// A folder of photos of a kind: flowers, no two alike, as JPEG.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { type Stream, stream } from "../../../shared/random/random.ts";

const PETALS = [5, 6, 8] as const;

/** An SVG of `size` × `size`: a sky or meadow behind, leaves, petals around a centre. */
function flower(random: Stream, size: number, petals: number): string {
  const between = (least: number, most: number): number => least + (most - least) * random.uniform();
  const hue = between(280, 420) % 360;
  const meadow = between(80, 150);
  const [x, y] = [between(42, 58), between(40, 54)];
  const [length, width] = [between(26, 36), between(8, 13)];
  const turn = between(0, 360);
  const petal = `<ellipse cx="0" cy="${-length * 0.6}" rx="${width}" ry="${length * 0.5}" fill="url(#p)"/>`;
  const around = Array.from(
    { length: petals },
    (_, i) => `<g transform="rotate(${turn + (360 * i) / petals})">${petal}</g>`,
  );
  const stem = `<path d="M${x} ${y} Q ${between(40, 60)} 80 ${between(40, 60)} 105" stroke="hsl(${meadow} 45% 28%)" stroke-width="4" fill="none"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${size}" height="${size}">
<defs><linearGradient id="b" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="hsl(${between(190, 220)} 60% ${between(70, 88)}%)"/><stop offset="1" stop-color="hsl(${meadow} 45% ${between(35, 55)}%)"/></linearGradient>
<radialGradient id="p" gradientUnits="userSpaceOnUse" cx="0" cy="0" r="${length * 1.15}"><stop offset="0" stop-color="hsl(${hue} 75% 40%)"/><stop offset="1" stop-color="hsl(${hue} 85% ${between(62, 78)}%)"/></radialGradient></defs>
<rect width="100" height="100" fill="url(#b)"/>${stem}
<g transform="translate(${x} ${y})">${around.join("")}<circle r="${between(7, 10)}" fill="hsl(${between(40, 52)} 90% 55%)"/></g></svg>`;
}

/** How wide and high a picture is. */
export type PictureSize = readonly [width: number, height: number];

/** Each of a size of its own: 96 to 255 pixels wide, three quarters as high or higher. */
export function mixedSize(random: Stream): PictureSize {
  const width = 96 + random.integer(160);
  return [width, Math.round(width * (0.75 + 0.25 * random.uniform()))];
}

/** Class folders by the number of petals. The same `count` and sizes give the same pictures. */
export async function drawFlowers(
  folder: string,
  count: number,
  sizeOf: (random: Stream) => PictureSize = mixedSize,
): Promise<void> {
  for (const petals of PETALS) await mkdir(join(folder, `${petals} petals`), { recursive: true });
  for (let i = 0; i < count; i++) {
    const random = stream(1, "flowers", i);
    const petals = PETALS[random.integer(PETALS.length)];
    const [width, height] = sizeOf(random);
    const side = Math.max(width, height);
    const jpeg = await sharp(Buffer.from(flower(random, side, petals)))
      .extract({ left: Math.floor((side - width) / 2), top: Math.floor((side - height) / 2), width, height })
      .jpeg({ quality: 88 })
      .toBuffer();
    await writeFile(join(folder, `${petals} petals`, `${String(i).padStart(5, "0")}.jpg`), jpeg);
  }
}
