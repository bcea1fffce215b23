// At most 256 colours for pictures that may have more: themselves where they are few, else by median cut.

export interface Palette {
  /** Red, green, blue of each colour, one after the other. */
  readonly colours: readonly number[];
  /** The index of a colour, given as 0xRRGGBB. */
  readonly indexOf: (colour: number) => number;
}

const MOST_COLOURS = 256;

/** A box of colours, each with how many pixels have it. */
type Box = readonly (readonly [colour: number, count: number])[];

/**
 * Of all pictures together, each RGBA. Where there are more than 256 colours, those are the means of boxes that are cut
 * at the median of their longest side (Heckbert 1982); colours are told apart by the upper five bits of each channel.
 */
export function paletteOf(pictures: readonly Uint8ClampedArray[]): Palette {
  const exact = countColours(pictures, 0xffffff);
  if (exact.size <= MOST_COLOURS)
    return paletteFrom(
      [...exact].map(([colour]) => [[colour, 1]]),
      0xffffff,
    );
  const boxes: Box[] = [[...countColours(pictures, COARSE)]];
  while (boxes.length < MOST_COLOURS) {
    const widest = boxes.reduce((best, box, i) => (weightOf(box) > weightOf(boxes[best]) ? i : best), 0);
    if (boxes[widest].length < 2) break;
    boxes.push(...cut(boxes.splice(widest, 1)[0]));
  }
  return paletteFrom(boxes, COARSE);
}

const COARSE = 0xf8f8f8;
const CHANNELS = [16, 8, 0] as const;

function countColours(pictures: readonly Uint8ClampedArray[], mask: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const pixels of pictures)
    for (let i = 0; i < pixels.length; i += 4) {
      const colour = ((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]) & mask;
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
  return counts;
}

function paletteFrom(boxes: readonly Box[], mask: number): Palette {
  const index = new Map(boxes.flatMap((box, i) => box.map(([colour]) => [colour, i] as const)));
  const colours = boxes.flatMap((box) => {
    const sum = box.reduce((total, [, count]) => total + count, 0);
    return CHANNELS.map((shift) =>
      Math.round(box.reduce((total, [colour, count]) => total + ((colour >> shift) & 255) * count, 0) / sum),
    );
  });
  return { colours, indexOf: (colour) => index.get(colour & mask) ?? 0 };
}

/** How much a cut of the box is worth: its longest side by its pixels; nothing where it is one colour. */
function weightOf(box: Box): number {
  if (box.length < 2) return 0;
  const pixels = box.reduce((total, [, count]) => total + count, 0);
  return Math.max(...CHANNELS.map((shift) => sideOf(box, shift))) * Math.sqrt(pixels);
}

function sideOf(box: Box, shift: number): number {
  let [low, high] = [255, 0];
  for (const [colour] of box) {
    const value = (colour >> shift) & 255;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low;
}

function cut(box: Box): [Box, Box] {
  const shift = CHANNELS.reduce((best, each) => (sideOf(box, each) > sideOf(box, best) ? each : best));
  const sorted = [...box].sort(([a], [b]) => ((a >> shift) & 255) - ((b >> shift) & 255));
  const half = sorted.reduce((total, [, count]) => total + count, 0) / 2;
  let [at, passed] = [0, 0];
  while (at < sorted.length - 1 && passed < half) passed += sorted[at++][1];
  return [sorted.slice(0, at), sorted.slice(at)];
}
