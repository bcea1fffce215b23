// A round, soft-edged pen on a small grey canvas: what turns a digit's skeleton into pixels.

/** Pixels over which the ink fades out at the edge of a line. */
const EDGE_WIDTH = 1.3;

/** A path of up to `capacity` points; the segment that ends in point i is inked when `draws[i]` is 1. */
export interface PenPath {
  length: number;
  /** [capacity], in pixels; pixel (row r, column c) has its centre at x = c + 0.5, y = r + 0.5. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Half the line's width at the point, in pixels. */
  readonly radius: Float64Array;
  readonly draws: Uint8Array;
}

export function createPenPath(capacity: number): PenPath {
  return {
    length: 0,
    x: new Float64Array(capacity),
    y: new Float64Array(capacity),
    radius: new Float64Array(capacity),
    draws: new Uint8Array(capacity),
  };
}

/**
 * Inks `path` on the cleared `canvas` [size, size], 0 … 1: along each segment the pen covers a pixel by how
 * far its centre lies inside the line's edge; where segments overlap the greater cover counts.
 */
export function inkPath(path: PenPath, canvas: Float32Array, size: number): void {
  canvas.fill(0);
  for (let i = 1; i < path.length; i++) if (path.draws[i] === 1) inkSegment(path, i, canvas, size);
}

/** Writes the canvas as bytes: 0 black paper, 255 white ink, with an S-shaped edge. */
export function develop(canvas: Float32Array, pixels: Uint8Array): void {
  for (let i = 0; i < canvas.length; i++) {
    const cover = canvas[i];
    pixels[i] = cover === 0 ? 0 : 255 * cover * cover * (3 - 2 * cover) + 0.5;
  }
}

function inkSegment(path: PenPath, end: number, canvas: Float32Array, size: number): void {
  const x0 = path.x[end - 1];
  const y0 = path.y[end - 1];
  const r0 = path.radius[end - 1];
  const dx = path.x[end] - x0;
  const dy = path.y[end] - y0;
  const dr = path.radius[end] - r0;
  const reach = Math.max(r0, r0 + dr) + EDGE_WIDTH / 2;
  const left = Math.max(0, Math.floor(Math.min(x0, x0 + dx) - reach));
  const right = Math.min(size - 1, Math.floor(Math.max(x0, x0 + dx) + reach));
  const top = Math.max(0, Math.floor(Math.min(y0, y0 + dy) - reach));
  const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y0 + dy) + reach));
  const scale = 1 / (dx * dx + dy * dy + 1e-12);
  for (let row = top; row <= bottom; row++) {
    const py = row + 0.5 - y0;
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - x0;
      // The nearest point of the segment, as a part 0 … 1 of its length.
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) * scale));
      const ex = px - t * dx;
      const ey = py - t * dy;
      const inside = r0 + t * dr - Math.sqrt(ex * ex + ey * ey);
      const cover = Math.min(1, inside / EDGE_WIDTH + 0.5);
      const at = row * size + column;
      if (cover > canvas[at]) canvas[at] = cover;
    }
  }
}
