// The command line as a run's folder keeps it: what secrets it held is gone.

/** Flags whose value nobody else may read. */
const SECRET = new Set(["--token"]);
const HIDDEN = "***";

/** @param words what is typed behind `ganglion` */
export function withoutSecrets(words: readonly string[]): string[] {
  return words.map((word, i) => {
    if (i > 0 && SECRET.has(words[i - 1])) return HIDDEN;
    const [flag, ...value] = word.split("=");
    if (value.length > 0 && SECRET.has(flag)) return `${flag}=${HIDDEN}`;
    return word.replace(/(?<=\w:\/\/[^\s/:@]*:)[^\s@/]+(?=@)/, HIDDEN); // nats://user:password@host
  });
}
