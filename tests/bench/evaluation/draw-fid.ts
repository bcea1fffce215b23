// Draws how the FID of a run falls, with the floor of real images against real ones; both axes' numbers from stats.jsonl.
//
//   npx jiti tests/bench/evaluation/draw-fid.ts runs/00001-mnist-mnist docs/pictures/fid.png
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

interface Measured {
  readonly step: number;
  readonly fid: number;
  readonly floor: number;
}

const WIDTH = 560;
const HEIGHT = 240;
const LEFT = 50;
const TOP = 30;

const [run, file] = process.argv.slice(2);
if (file === undefined) throw new RangeError("name a run's folder and the picture to write");
const measured = await measuredIn(run);
for (const { step, fid } of measured) console.log(`| ${step} | ${fid.toFixed(2)} |`);
console.log(`floor ${measured.at(-1)!.floor.toFixed(2)}`);
await sharp(Buffer.from(pictureOf(measured)), { density: 144 })
  .png({ palette: true, effort: 10 })
  .toFile(file);

async function measuredIn(folder: string): Promise<Measured[]> {
  const lines = (await readFile(join(folder, "stats.jsonl"), "utf8")).trim().split("\n");
  return lines
    .map((line) => JSON.parse(line) as Record<string, number>)
    .filter((line) => "evaluation/fid" in line)
    .map((line) => ({
      step: line["step"],
      fid: line["evaluation/fid"],
      floor: line["floor/fid"],
    }));
}

/** An SVG: steps to the right, FID from 0 up. */
function pictureOf(points: readonly Measured[]): string {
  const last = points.at(-1)!;
  const high = 1.15 * Math.max(...points.map(({ fid }) => fid));
  const x = (step: number): number => (step / last.step) * (WIDTH - 20);
  const y = (value: number): number => HEIGHT - (value / high) * HEIGHT;
  const line = points.map(({ step, fid }) => `${x(step)},${y(fid)}`).join(" ");
  const dots = points.map(
    ({ step, fid }) =>
      `<circle cx="${x(step)}" cy="${y(fid)}" r="3" fill="#1d4ed8"/>
      <text x="${x(step)}" y="${y(fid) - 9}" text-anchor="middle">${fid.toPrecision(3)}</text>`,
  );
  const marks = ticksOf(high).map(
    (value) =>
      `<line x1="0" x2="${WIDTH}" y1="${y(value)}" y2="${y(value)}" stroke="#e5e7eb"/>
      <text x="-8" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 30}" height="${TOP + HEIGHT + 34}"
    font-family="sans-serif" font-size="12" fill="#374151"><rect width="100%" height="100%" fill="white"/>
    <g transform="translate(${LEFT}, ${TOP})"><text x="0" y="-12" font-weight="bold">FID</text>${marks.join("")}
    <line x1="0" x2="${WIDTH}" y1="${y(last.floor)}" y2="${y(last.floor)}" stroke="#15803d" stroke-dasharray="6 4"/>
    <text x="4" y="${y(last.floor) - 6}" fill="#15803d">floor ${last.floor.toPrecision(2)}: real against real</text>
    <polyline points="${line}" fill="none" stroke="#1d4ed8" stroke-width="2"/>${dots.join("")}
    <rect width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#9ca3af"/>
    <text x="0" y="${HEIGHT + 18}">0</text>
    <text x="${WIDTH}" y="${HEIGHT + 18}" text-anchor="end">${last.step} steps</text></g></svg>`;
}

/** From 0, four to ten round numbers. */
function ticksOf(high: number): number[] {
  const step = 10 ** Math.floor(Math.log10(high)) / (high > 5 * 10 ** Math.floor(Math.log10(high)) ? 1 : 5);
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, i) => i * step);
}
