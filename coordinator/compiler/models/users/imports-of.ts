// What a module's text imports by path. Read as text, not parsed: one inside a comment counts too, which only makes a hash stricter.

export interface Import {
  /** As it is written, shortened. */
  readonly text: string;
  /** `./layers.js`, `#layers`; null where only the running module knows it. */
  readonly specifier: string | null;
  /** False for the data that `new URL` names, and in a line that is a comment. */
  readonly isCode: boolean;
}

/** What stands behind from, import, require and new URL, except the names of packages. */
export function importsOf(source: string): Import[] {
  const known = [...source.matchAll(LITERAL)].flatMap((match): Import[] => {
    const [text, word, , specifier] = match;
    const rest = source.slice(match.index + text.length);
    const isPart =
      text.slice(word.length).includes("(") && !/^(?:\s|\/\*[^]*?\*\/|\/\/.*)*(?:[,)]|$)/.test(rest);
    const isKnown = !isPart && !specifier.includes("\\") && !specifier.includes("${");
    if (isKnown && !/^(?:\.{1,2}(?:\/|$)|\/|file:|#)/.test(specifier)) return []; // a package
    const isCode =
      word !== "URL" && !(word === "from" && !isKnown && isPart) && !isComment(source, match.index);
    return [{ text: shortened(text), specifier: isKnown ? specifier : null, isCode }];
  });
  const computed = [...source.matchAll(COMPUTED_CALL), ...source.matchAll(OTHER_REQUIRE)].map(
    ({ 0: text, index }) => ({
      text: shortened(source.slice(index, index + text.length + 20)),
      specifier: null,
      isCode: !isComment(source, index),
    }),
  );
  return [...known, ...computed];
}

/** Spaces and comments, and at most the parenthesis of a call. */
const GAP = String.raw`(?:\s|\/\*[^]*?\*\/|\/\/[^\n]*\n|\()*`;
const LITERAL = new RegExp(
  String.raw`\b(from|import|require|URL)${GAP}(["'${"`"}])((?:\\.|(?!\2)[^\\\n])*)\2`,
  "g",
);
/** A call with no literal, or with a template of several lines. */
const COMPUTED_CALL = new RegExp(
  String.raw`(?<![.\w$#])(?:import|require)(?:\s|\/\*[^]*?\*\/)*\((?:(?!${GAP}["'${"`"}])|(?=${GAP}${"`"}[^${"`"}\n]*\n))`,
  "g",
);
/** A require of another name, whose calls are not told from those of other functions. */
const OTHER_REQUIRE = /(?<!\brequire\s*=\s*)\bcreateRequire\s*\(/g;

function isComment(source: string, index: number): boolean {
  const line = source.slice(source.lastIndexOf("\n", index) + 1, index);
  return /^\s*(?:\/\/|\*(?!\/))/.test(line);
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
