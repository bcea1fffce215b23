// One hand at work: a digit's skeleton, bent by random habits, fitted into the picture and inked.
import type { Stream } from "../../random/random.ts";
import { createPenPath, develop, inkPath, type PenPath } from "./pen.ts";
import { STROKE_FORMS, type StrokeForm } from "./stroke-forms.ts";

/** Height and width of a picture in pixels. */
export const PICTURE_SIZE = 28;
/** The box into which a digit is scaled, as in MNIST. */
const DIGIT_SIZE = 20;
/** Pieces of the curve between two points of a skeleton. */
const PIECES = 5;
const MAX_POINTS = 256;

/** Draws `digit` (0 … 9) as the next words of `random` decide, into `pixels` [28, 28]: 0 black paper, 255 white ink. */
export type DrawDigit = (digit: number, random: Stream, pixels: Uint8Array) => void;

/** A drawer with scratch memory of its own, so that drawing allocates nothing. */
export function createDrawer(): DrawDigit {
  const path = createPenPath(MAX_POINTS);
  const knots = new Float64Array(2 * MAX_POINTS);
  const bends = new Float64Array(12);
  const canvas = new Float32Array(PICTURE_SIZE * PICTURE_SIZE);
  return (digit, random, pixels) => {
    const form = pickForm(STROKE_FORMS[digit], random);
    path.length = 0;
    for (const stroke of form.strokes) traceStroke(stroke, random, knots, path);
    bendPath(path, random, bends);
    fitPath(path, random);
    inkPath(path, canvas, PICTURE_SIZE);
    develop(canvas, pixels);
  };
}

function pickForm(forms: readonly StrokeForm[], random: Stream): StrokeForm {
  const total = forms.reduce((sum, form) => sum + form.share, 0);
  let left = random.integer(total);
  for (const form of forms) {
    left -= form.share;
    if (left < 0) return form;
  }
  return forms[0];
}

/** Adds one stroke to the path: its points moved a little (the wobble), joined by a Catmull-Rom curve. */
function traceStroke(stroke: readonly number[], random: Stream, knots: Float64Array, path: PenPath): void {
  const count = stroke.length / 2;
  for (let i = 0; i < count; i++) {
    const corner = i > 0 && stroke[2 * i] === stroke[2 * i - 2] && stroke[2 * i + 1] === stroke[2 * i - 1];
    knots[2 * i] = corner ? knots[2 * i - 2] : stroke[2 * i] / 100 + 0.024 * random.normal();
    knots[2 * i + 1] = corner ? knots[2 * i - 1] : stroke[2 * i + 1] / 100 + 0.024 * random.normal();
  }
  addPoint(path, knots[0], knots[1], 0);
  for (let i = 0; i + 1 < count; i++) {
    if (knots[2 * i] === knots[2 * i + 2] && knots[2 * i + 1] === knots[2 * i + 3]) continue;
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      addPoint(path, curveAt(knots, 0, i, count, t), curveAt(knots, 1, i, count, t), 1);
    }
  }
}

/** Coordinate `axis` of the uniform Catmull-Rom curve between knots i and i + 1. */
function curveAt(knots: Float64Array, axis: 0 | 1, i: number, count: number, t: number): number {
  const p0 = knots[2 * Math.max(0, i - 1) + axis];
  const p1 = knots[2 * i + axis];
  const p2 = knots[2 * i + 2 + axis];
  const p3 = knots[2 * Math.min(count - 1, i + 2) + axis];
  return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));
}

function addPoint(path: PenPath, x: number, y: number, draws: 0 | 1): void {
  path.x[path.length] = x;
  path.y[path.length] = y;
  path.draws[path.length++] = draws;
}

/**
 * Bends the whole path: stretched in width, slanted, turned, and moved by a smooth random field, a polynomial
 * of degree 2 and 3 in the position (the elastic part).
 */
function bendPath(path: PenPath, random: Stream, bends: Float64Array): void {
  const width = 0.88 + 0.36 * random.uniform();
  const slant = clamp(0.12 + 0.2 * random.normal(), 0.5);
  // Half the angle's tangent gives sine and cosine without trigonometry.
  const half = clamp(0.04 * random.normal(), 0.1);
  const cos = (1 - half * half) / (1 + half * half);
  const sin = (2 * half) / (1 + half * half);
  for (let i = 0; i < bends.length; i++) bends[i] = clamp(random.normal(), 2);
  for (let i = 0; i < path.length; i++) {
    const u = 2 * path.x[i] - 0.6; // about -1 … 1 over the digit
    const v = 2 * path.y[i] - 1;
    const x = width * path.x[i] + 0.03 * bend(bends, 0, u, v) - slant * (path.y[i] - 0.5);
    const y = path.y[i] + 0.03 * bend(bends, 6, u, v);
    path.x[i] = cos * x - sin * y;
    path.y[i] = sin * x + cos * y;
  }
}

function bend(bends: Float64Array, from: number, u: number, v: number): number {
  return (
    bends[from] * u * u +
    1.4 * bends[from + 1] * u * v +
    1.2 * bends[from + 2] * v * v +
    bends[from + 3] * v * v * v +
    bends[from + 4] * u * v * v +
    bends[from + 5] * u * u * v
  );
}

/** Gives the line its thickness, scales the digit into its box and puts its centre of mass into the middle. */
function fitPath(path: PenPath, random: Stream): void {
  const share = random.uniform();
  const radius = 0.85 + 0.8 * share * Math.sqrt(share);
  const press = 0.5 * random.uniform() - 0.25;
  for (let i = 0; i < path.length; i++) path.radius[i] = radius * (1 + press * (i / path.length - 0.5));
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = 0; i < path.length; i++) {
    left = Math.min(left, path.x[i]);
    right = Math.max(right, path.x[i]);
    top = Math.min(top, path.y[i]);
    bottom = Math.max(bottom, path.y[i]);
  }
  const size = DIGIT_SIZE - random.uniform() - 2 * radius;
  const scale = size / Math.max(right - left, bottom - top);
  for (let i = 0; i < path.length; i++) {
    path.x[i] = (path.x[i] - left) * scale;
    path.y[i] = (path.y[i] - top) * scale;
  }
  centre(path.x, path);
  centre(path.y, path);
}

/** Moves one coordinate so that the ink's mean lies in the middle, and nothing leaves the picture. */
function centre(values: Float64Array, path: PenPath): void {
  let mass = 0;
  let moment = 0;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < path.length; i++) {
    least = Math.min(least, values[i] - path.radius[i]);
    most = Math.max(most, values[i] + path.radius[i]);
    if (path.draws[i] === 0) continue;
    const dx = path.x[i] - path.x[i - 1];
    const dy = path.y[i] - path.y[i - 1];
    const ink = Math.sqrt(dx * dx + dy * dy) * (path.radius[i] + path.radius[i - 1]);
    mass += ink;
    moment += (ink * (values[i] + values[i - 1])) / 2;
  }
  const wanted = PICTURE_SIZE / 2 - moment / mass;
  const shift = Math.max(-least, Math.min(PICTURE_SIZE - most, wanted));
  for (let i = 0; i < path.length; i++) values[i] += shift;
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
