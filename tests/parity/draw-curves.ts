// Draws docs/pictures/parity.png: the losses of both systems, run by run; prints how far they are apart.
//
//   GANGLION_PYTHON=… npx jiti tests/parity/draw-curves.ts docs/pictures/parity.png [FOLDER]
//
// PyTorch's runs are kept in FOLDER, and taken from there where they are.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { largestDifference } from "./differences.ts";
import { record } from "./pytorch.ts";
import { readRecordedRun } from "./recorded-run.ts";
import { replay } from "./replay.ts";
import { MODELS, type ModelName, configOf } from "./runs.ts";

interface Curves {
  readonly model: ModelName;
  /** By network: what Ganglion and PyTorch give, round by round. */
  readonly losses: readonly (readonly [
    network: string,
    ours: readonly number[],
    theirs: readonly number[],
  ])[];
}

const NETWORKS = ["discriminator", "generator"] as const;
const COLOURS = { discriminator: "#c2410c", generator: "#1d4ed8" } as const;
const PANEL = { width: 330, height: 200, left: 42, top: 34, gap: 18, bottom: 50 } as const;

const [file, kept] = process.argv.slice(2);
if (file === undefined) throw new RangeError("name the picture to write, such as docs/pictures/parity.png");
const folder = kept ?? (await mkdtemp(join(tmpdir(), "ganglion-parity-")));
try {
  const all: Curves[] = [];
  for (const model of MODELS) all.push(await curvesOf(model));
  await sharp(Buffer.from(pictureOf(all)), { density: 144 })
    .png({ palette: true, effort: 10 })
    .toFile(file);
} finally {
  if (kept === undefined) await rm(folder, { recursive: true, force: true });
}

async function curvesOf(model: ModelName): Promise<Curves> {
  const known = join(folder, `${model}.safetensors`);
  const recorded = existsSync(known) ? await readRecordedRun(known) : await record(model, folder);
  const { losses } = await replay(await configOf(model, folder), recorded);
  const curves = NETWORKS.map((network) => {
    const [ours, theirs] = [losses[network], recorded.floats(`loss/${network}`)];
    const { size, at } = largestDifference(ours, theirs);
    console.log(`${model} | ${network} | ${ours.length} losses | ${size.toExponential(1)} (round ${at})`);
    return [network, ours, [...theirs]] as const;
  });
  console.log(`torch ${recorded.torch}`);
  return { model, losses: curves };
}

/** An SVG: a panel for each model; PyTorch a wide pale line, Ganglion a thin dark one on it. */
function pictureOf(all: readonly Curves[]): string {
  const { width, height, left, top, gap, bottom } = PANEL;
  const whole = all.length * (left + width + gap);
  const panels = all.map(({ model, losses }, i) => {
    const values = losses.flatMap(([, ours, theirs]) => [...ours, ...theirs]);
    const [low, high] = rangeOf(values);
    const y = (value: number): number => height - ((value - low) / (high - low)) * height;
    const line = (curve: readonly number[]): string =>
      curve
        .map((value, k) => `${((k / (curve.length - 1)) * width).toFixed(1)},${y(value).toFixed(1)}`)
        .join(" ");
    const curves = losses.map(([network, ours, theirs]) => {
      const colour = COLOURS[network as keyof typeof COLOURS];
      return `<polyline points="${line(theirs)}" fill="none" stroke="${colour}" stroke-opacity="0.3" stroke-width="6"/>
        <polyline points="${line(ours)}" fill="none" stroke="${colour}" stroke-width="1.2"/>`;
    });
    const marks = ticksOf(low, high).map(
      (value) =>
        `<line x1="0" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="#e5e7eb"/>
        <text x="-6" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
    );
    return `<g transform="translate(${left + i * (left + width + gap)}, ${top})">
      <text x="0" y="-12" font-weight="bold">${model}</text>${marks.join("")}${curves.join("")}
      <rect width="${width}" height="${height}" fill="none" stroke="#9ca3af"/>
      <text x="0" y="${height + 16}">0</text><text x="${width}" y="${height + 16}" text-anchor="end">100 steps</text>
    </g>`;
  });
  const legend = NETWORKS.map(
    (network, i) =>
      `<g transform="translate(${left + i * 350}, ${top + height + 38})">
        <line x1="0" x2="30" y1="-4" y2="-4" stroke="${COLOURS[network]}" stroke-opacity="0.3" stroke-width="6"/>
        <line x1="0" x2="30" y1="-4" y2="-4" stroke="${COLOURS[network]}" stroke-width="1.2"/>
        <text x="38" y="0">${network}: PyTorch (wide), Ganglion (thin)</text></g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${whole}" height="${top + height + bottom}"
    font-family="sans-serif" font-size="12" fill="#374151">
    <rect width="100%" height="100%" fill="white"/>${panels.join("")}${legend.join("")}</svg>`;
}

function rangeOf(values: readonly number[]): [low: number, high: number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low) * 0.05;
  return [low - margin, high + margin];
}

/** Four or five round numbers. */
function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step)
    ticks.push(Number(tick.toPrecision(6)));
  return ticks;
}
