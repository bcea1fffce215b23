// A run's folder by its name or its number: `00007-digits-strokes`, `digits-strokes` or `7`.

/** 7 for `00007-dcgan-mnist` and `00007`, 0 for what is no run. */
export function numberOf(name: string): number {
  return Number(/^(\d{5,15})(?:-|$)/.exec(name)?.[1] ?? 0);
}

/**
 * Those of the folders' names that `wanted` may mean: one that is called so, or else the ones of that number, or else the
 * ones with that name behind their number.
 */
export function namedAlike(names: readonly string[], wanted: string): string[] {
  if (names.includes(wanted)) return [wanted];
  const number = /^0*[1-9]\d{0,14}$/.test(wanted) ? Number(wanted) : Number.NaN; // 0 is that of every other name
  const numbered = names.filter((name) => numberOf(name) === number);
  return numbered.length > 0
    ? numbered
    : names.filter((name) => numberOf(name) > 0 && name.slice(name.indexOf("-") + 1) === wanted);
}
