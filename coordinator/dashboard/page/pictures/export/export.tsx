// Saves the grids: as an animation of them all, or as a contact sheet.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Grid } from "../../state/grids.ts";
import { whole } from "../../words/format.ts";
import { encodeGif } from "./gif.ts";

interface ExportProps {
  readonly run: string;
  readonly grids: readonly Grid[];
  /** Grids a second. */
  readonly speed: number;
}

/** Of an animation; more would be tens of megabytes. */
const MOST_PICTURES = 120;
const LONGEST_SIDE = 512;
/** Of a contact sheet: a picture's width, and how many there are in a row. */
const SHEET = { width: 256, columns: 6, most: 60, label: 22 } as const;

export function Export({ run, grids, speed }: ExportProps): VNode {
  const [told, setTold] = useState("");
  const save = (name: string, make: (tell: (text: string) => void) => Promise<Blob>): void => {
    setTold("loading");
    void (async () => {
      try {
        download(await make(setTold), `${run}-${name}`);
        setTold("");
      } catch (error) {
        setTold(error instanceof Error ? error.message : String(error));
      }
    })();
  };
  return (
    <span class="export">
      save as
      <button
        type="button"
        class="chip"
        onClick={() => save("samples.gif", (tell) => animation(grids, speed, tell))}
      >
        GIF
      </button>
      <button type="button" class="chip" onClick={() => save("samples.png", (tell) => sheet(grids, tell))}>
        contact sheet
      </button>
      <output>{told}</output>
    </span>
  );
}

/** The first and the last, and what lies evenly between them. */
function some(grids: readonly Grid[], most: number): readonly Grid[] {
  if (grids.length <= most) return grids;
  return Array.from({ length: most }, (_, i) => grids[Math.round((i * (grids.length - 1)) / (most - 1))]);
}

async function animation(grids: readonly Grid[], speed: number, tell: (text: string) => void): Promise<Blob> {
  const chosen = some(grids, MOST_PICTURES);
  const pictures: Uint8ClampedArray[] = [];
  let size = { width: 0, height: 0 };
  for (const [i, grid] of chosen.entries()) {
    tell(`picture ${i + 1} of ${chosen.length}`);
    const image = await load(grid.url);
    if (i === 0) size = fitted(image);
    const context = canvasOf(size);
    context.drawImage(image, 0, 0, size.width, size.height);
    pictures.push(context.getImageData(0, 0, size.width, size.height).data);
  }
  tell("packing");
  await new Promise((resolve) => setTimeout(resolve)); // so that it is seen
  return new Blob([encodeGif({ ...size, pictures, delayMs: 1000 / speed })], { type: "image/gif" });
}

async function sheet(grids: readonly Grid[], tell: (text: string) => void): Promise<Blob> {
  const chosen = some(grids, SHEET.most);
  const images: HTMLImageElement[] = [];
  for (const [i, grid] of chosen.entries()) {
    tell(`picture ${i + 1} of ${chosen.length}`);
    images.push(await load(grid.url));
  }
  const height = Math.round((SHEET.width * images[0].naturalHeight) / images[0].naturalWidth);
  const columns = Math.min(SHEET.columns, chosen.length);
  const rows = Math.ceil(chosen.length / columns);
  const context = canvasOf({ width: columns * (SHEET.width + 8), height: rows * (height + SHEET.label + 8) });
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.fillStyle = "#14171b";
  context.font = "14px system-ui, sans-serif";
  chosen.forEach(({ step }, i) => {
    const x = (i % columns) * (SHEET.width + 8) + 4;
    const y = Math.floor(i / columns) * (height + SHEET.label + 8) + 4;
    context.fillText(`step ${whole(step)}`, x, y + SHEET.label - 7);
    context.drawImage(images[i], x, y + SHEET.label, SHEET.width, height);
  });
  return new Promise((resolve, reject) => {
    context.canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the sheet is too large"))));
  });
}

function fitted({ naturalWidth, naturalHeight }: HTMLImageElement): { width: number; height: number } {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(naturalWidth, naturalHeight));
  return { width: Math.round(naturalWidth * scale), height: Math.round(naturalHeight * scale) };
}

function canvasOf({
  width,
  height,
}: {
  readonly width: number;
  readonly height: number;
}): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser gives no canvas");
  return context;
}

async function load(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
