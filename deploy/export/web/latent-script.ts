// Latent vectors in the exported page: seeded random numbers, and the way from one to another.

export const LATENT_SCRIPT = `
/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomNumbers(seed, distribution) {
  const next = uniform(seed);
  if (distribution === "uniform") return next;
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  if (distribution !== "truncated normal") return normal;
  return () => {
    for (;;) {
      const value = normal();
      if (Math.abs(value) <= 2) return value;
    }
  };
}

/** The latent vector of picture i of a seed. */
function latent(seed, i, size) {
  return Float32Array.from({ length: size }, randomNumbers(Math.imul(seed + 1, 2654435761) + i * 40503, "normal"));
}

/** Over the sphere (Shoemake 1985), with lengths that change evenly. */
function slerp(a, b, t) {
  const product = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  const [la, lb] = [Math.sqrt(product(a, a)), Math.sqrt(product(b, b))];
  const angle = Math.acos(Math.min(1, Math.max(-1, la * lb === 0 ? 1 : product(a, b) / (la * lb))));
  if (Math.sin(angle) < 1e-6) return a.map((value, i) => value + (b[i] - value) * t);
  const length = la + (lb - la) * t;
  const [fa, fb] = [Math.sin((1 - t) * angle), Math.sin(t * angle)].map((value) => value / Math.sin(angle));
  return a.map((value, i) => length * ((fa * value) / la + (fb * b[i]) / lb));
}
`;
