// Philox4x32-10, the counter-based generator behind every stream: a block of random words is a pure function of key and counter.

/** Rounds, multipliers and key increments of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
export const ROUNDS = 10;
export const M0 = 0xd2511f53;
export const M1 = 0xcd9e8d57;
export const W0 = 0x9e3779b9;
export const W1 = 0xbb67ae85;
const TO_HIGH_WORD = 2 ** -32;

/** Writes the 4 words of block `counter` [4 words] under `key` [2 words] into `out` [4]; `out` may be `counter`. */
export function philox4x32(counter: Uint32Array, key: Uint32Array, out: Uint32Array): void {
  let x0 = counter[0] | 0;
  let x1 = counter[1] | 0;
  let x2 = counter[2] | 0;
  let x3 = counter[3] | 0;
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const low0 = Math.imul(M0, x0);
    const low1 = Math.imul(M1, x2);
    const high0 = highWord(M0, x0, low0);
    const high1 = highWord(M1, x2, low1);
    x0 = high1 ^ x1 ^ k0;
    x1 = low1;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

/**
 * Upper 32 bits of the 64-bit product a·b, whose lower 32 bits are `low`.
 *
 * The float64 product is off by at most 2^10; taking `low` away leaves high·2^32 within 2^11, so rounding
 * to the nearest multiple of 2^32 is exact.
 */
function highWord(a: number, b: number, low: number): number {
  return ((a * (b >>> 0) - (low >>> 0)) * TO_HIGH_WORD + 0.5) | 0;
}
