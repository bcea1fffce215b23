// Counts and names as they stand in notes and messages.

/** `1 picture`, `10,000 pictures` */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : several}`;
}

/** `a.txt, b.csv, c.pdf and 4 more` */
export function listed(names: readonly string[], most = 3): string {
  if (names.length <= most) return joined(names);
  return `${names.slice(0, most).join(", ")} and ${(names.length - most).toLocaleString("en-US")} more`;
}

/** `a, b and c` */
export function joined(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
