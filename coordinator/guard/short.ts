// A number as warnings write it.

/** Two digits: 0.31, 3.1e5. */
export function short(value: number): string {
  if (value === 0) return "0";
  const plain = Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4;
  return plain
    ? String(Number(value.toPrecision(2)))
    : value.toExponential(1).replace(".0e", "e").replace("e+", "e");
}
