// All inner products between two sets of rows: the loop in which metrics spend their time.

/** Rows of float64 numbers inside a larger array. */
export interface Rows {
  readonly values: Float64Array;
  /** Where the first row begins. */
  readonly offset: number;
  /** Numbers from one row to the next. */
  readonly stride: number;
  readonly count: number;
}

/**
 * Writes the products of each row of `a` with each row of `b`, over `length` numbers:
 *
 *   out[i · b.count + j] = Σ_k a[i, k] · b[j, k]          out [a.count, b.count]
 *
 * Each sum is taken over k = 0, 1, 2 … in float64, wherever the rows stand: the product of two rows has the same bits in
 * every call, and that of a row with itself equals `squaredNorm`.
 */
export function rowProducts(a: Rows, b: Rows, length: number, out: Float64Array): void {
  const wholeA = a.count - (a.count % 4);
  const wholeB = b.count - (b.count % 3);
  for (let i = 0; i < wholeA; i += 4) {
    for (let j = 0; j < wholeB; j += 3) fourByThree(a, i, b, j, length, out);
    for (let j = wholeB; j < b.count; j++) fourByOne(a, i, b, j, length, out);
  }
  for (let i = wholeA; i < a.count; i++)
    for (let j = 0; j < b.count; j++)
      out[i * b.count + j] = product(
        a.values,
        a.offset + i * a.stride,
        b.values,
        b.offset + j * b.stride,
        length,
      );
}

/** Σ_k values[offset + k]², in the order of `rowProducts`. */
export function squaredNorm(values: Float64Array, offset: number, length: number): number {
  return product(values, offset, values, offset, length);
}

/** Copies rows `first … first + count - 1` of float32 [N, size] into `panel` as float64. */
export function fillPanel(
  panel: Float64Array,
  values: Float32Array,
  size: number,
  first: number,
  count: number,
): Rows {
  panel.set(values.subarray(first * size, (first + count) * size));
  return { values: panel, offset: 0, stride: size, count };
}

function product(x: Float64Array, atX: number, y: Float64Array, atY: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += x[atX + k] * y[atY + k];
  return sum;
}

function fourByOne(a: Rows, i: number, b: Rows, j: number, length: number, out: Float64Array): void {
  const x = a.values;
  const y = b.values;
  let x0 = a.offset + i * a.stride;
  let x1 = x0 + a.stride;
  let x2 = x1 + a.stride;
  let x3 = x2 + a.stride;
  let y0 = b.offset + j * b.stride;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let k = 0; k < length; k++) {
    const v = y[y0++];
    s0 += x[x0++] * v;
    s1 += x[x1++] * v;
    s2 += x[x2++] * v;
    s3 += x[x3++] * v;
  }
  const at = i * b.count + j;
  out[at] = s0;
  out[at + b.count] = s1;
  out[at + 2 * b.count] = s2;
  out[at + 3 * b.count] = s3;
}

/** Twelve sums at once: each number that is read serves several of them, none waits for another, and all fit in registers. */
function fourByThree(a: Rows, i: number, b: Rows, j: number, length: number, out: Float64Array): void {
  const x = a.values;
  const y = b.values;
  const x0 = a.offset + i * a.stride;
  const x1 = x0 + a.stride;
  const x2 = x1 + a.stride;
  const x3 = x2 + a.stride;
  const y0 = b.offset + j * b.stride;
  const y1 = y0 + b.stride;
  const y2 = y1 + b.stride;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  for (let k = 0; k < length; k++) {
    const v0 = y[y0 + k];
    const v1 = y[y1 + k];
    const v2 = y[y2 + k];
    let u = x[x0 + k];
    s00 += u * v0;
    s01 += u * v1;
    s02 += u * v2;
    u = x[x1 + k];
    s10 += u * v0;
    s11 += u * v1;
    s12 += u * v2;
    u = x[x2 + k];
    s20 += u * v0;
    s21 += u * v1;
    s22 += u * v2;
    u = x[x3 + k];
    s30 += u * v0;
    s31 += u * v1;
    s32 += u * v2;
  }
  const n = b.count;
  const at = i * n + j;
  out[at] = s00;
  out[at + 1] = s01;
  out[at + 2] = s02;
  out[at + n] = s10;
  out[at + n + 1] = s11;
  out[at + n + 2] = s12;
  out[at + 2 * n] = s20;
  out[at + 2 * n + 1] = s21;
  out[at + 2 * n + 2] = s22;
  out[at + 3 * n] = s30;
  out[at + 3 * n + 1] = s31;
  out[at + 3 * n + 2] = s32;
}
