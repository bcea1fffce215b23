// What somebody may have meant by an argument that tfjs does not know.
import { editDistance } from "../../../../../shared/config/nearest.ts";
import { NOT_HERE, OTHER_WORDS, bare } from "./other-frameworks.ts";

/** How the arguments are written. */
export interface Spelling {
  /** In a module the code can be mended; in a model.json the network is what it is. */
  readonly place: "module" | "saved";
  /** A name, or a word that is a value, as it stands there. */
  readonly write: (word: string) => string;
}

/**
 * The words that help, to be put after "has no argument …:". `names` are all that the layer takes, its own first.
 */
export function suggestion(word: string, names: readonly string[], { place, write }: Spelling): string {
  const meant = meantName(word, names);
  if (meant !== undefined) return `did you mean ${write(meant)}?`;
  const [lack, instead] = own(NOT_HERE, bare(word)) ?? [];
  if (lack !== undefined)
    return place === "module"
      ? `${lack}; ${instead}`
      : `${lack}; build the network without it, and save it again`;
  const near = nearName(word, names) ?? nearMeant(word, names);
  if (near !== undefined) return `did you mean ${write(near)}?`;
  const takes = names.length === 0 ? "it takes none" : `it takes ${listed(names.map(write))}`;
  return place === "module" ? takes : `${takes}; remove it from the file if it changes nothing`;
}

/** The one of `words` that is a slip of the keys away from `word`, or begins with it. */
export function nearName(word: string, words: readonly string[]): string | undefined {
  const given = bare(word);
  const begun = given.length >= 4 ? words.find((name) => bare(name).startsWith(given)) : undefined;
  if (begun !== undefined) return begun;
  const ranked = words
    .map((name) => ({ name, edits: editDistance(given, bare(name)) }))
    .filter(({ name, edits }) => edits <= Math.ceil(Math.min(given.length, name.length) / 3))
    .toSorted((a, b) => a.edits - b.edits);
  return ranked[0]?.name;
}

function meantName(word: string, names: readonly string[]): string | undefined {
  const same = names.find((name) => bare(name) === bare(word));
  return same ?? own(OTHER_WORDS, bare(word))?.find((name) => names.includes(name));
}

/** A mistyped word of another framework. */
function nearMeant(word: string, names: readonly string[]): string | undefined {
  const words = Object.keys(OTHER_WORDS).filter((other) => other.length > 4 && meantName(other, names));
  const near = nearName(word, words);
  return near === undefined ? undefined : meantName(near, names);
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function listed(names: readonly string[]): string {
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
