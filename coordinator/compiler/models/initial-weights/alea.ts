// The generator behind tfjs's random ops: Alea (Baagøe 2010), which seedrandom gives out under that name.

const TO_FRACTION = 2 ** -32;

/** Uniform numbers in [0, 1) of 32 bits, from a text. */
export class Alea {
  #s0: number;
  #s1: number;
  #s2: number;
  #carry = 1;

  constructor(seed: string) {
    const mash = createMash();
    const spaces = [mash(" "), mash(" "), mash(" ")];
    const [s0, s1, s2] = spaces.map((start) => {
      const state = start - mash(seed);
      return state < 0 ? state + 1 : state;
    });
    this.#s0 = s0;
    this.#s1 = s1;
    this.#s2 = s2;
  }

  /** The next numbers. */
  fill(out: Float64Array): void {
    let [s0, s1, s2, carry] = [this.#s0, this.#s1, this.#s2, this.#carry];
    for (let i = 0; i < out.length; i++) {
      const next = 2_091_639 * s0 + carry * TO_FRACTION;
      s0 = s1;
      s1 = s2;
      carry = next | 0;
      s2 = next - carry;
      out[i] = s2;
    }
    this.#s0 = s0;
    this.#s1 = s1;
    this.#s2 = s2;
    this.#carry = carry;
  }
}

/** A hash of texts to [0, 1), which goes on from one to the next. */
function createMash(): (text: string) => number {
  let n = 0xefc8249d;
  return (text) => {
    for (let i = 0; i < text.length; i++) {
      n += text.charCodeAt(i);
      let h = 0.02519603282416938 * n;
      n = h >>> 0;
      h -= n;
      h *= n;
      n = h >>> 0;
      h -= n;
      n += h * 0x100000000;
    }
    return (n >>> 0) * TO_FRACTION;
  };
}
