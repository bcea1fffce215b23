// The flags under `run` in a cluster file, by whichever of their names they are written.

/** `learningRate` and `learning-rate` are both `--learning-rate`. */
export function longFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What is written for `flag` (`--tls-ca`); undefined where it is not. */
export function valueOfFlag(
  run: Readonly<Record<string, string | number | boolean>>,
  flag: string,
): string | undefined {
  return Object.entries(run)
    .find(([name]) => longFlag(name) === flag)?.[1]
    .toString();
}
