// The grammar of JSON (RFC 8259), followed to the first place where a text leaves it.
//
// `JSON.parse` says a position at best, and keeps the last of two keys in silence.

/** A mistake, and the index in the text where it begins. */
export class JsonFault extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

/** Deeper than any config; the parser of the program's own calls itself. */
const MOST_DEPTH = 500;

/** @throws JsonFault at the first mistake, with its likely cause */
export function checkJson(text: string): void {
  new Checker(text).check();
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]+|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const WORD = /(?:true|false|null)(?![\w$])/y;

class Checker {
  #at = 0;
  #depth = 0;

  constructor(private readonly text: string) {}

  check(): void {
    this.#space();
    this.#value();
    this.#space();
    if (this.#at < this.text.length) throw this.#fault("the value ends before it: one file holds one value");
  }

  #value(): void {
    if (this.#next("{")) return this.#list("}", () => this.#members());
    if (this.#next("[")) return this.#list("]", () => this.#elements());
    if (this.#match(STRING) || this.#match(NUMBER) || this.#match(WORD)) return;
    throw this.#fault("a value is due");
  }

  #list(end: string, read: () => void): void {
    if (++this.#depth > MOST_DEPTH) throw this.#fault(`it is nested more than ${MOST_DEPTH} deep`);
    this.#space();
    if (!this.#next(end)) read();
    this.#depth--;
  }

  #elements(): void {
    for (;;) {
      this.#value();
      this.#space();
      if (this.#next("]")) return;
      this.#comma("]");
    }
  }

  #members(): void {
    const places = new Map<string, number>();
    for (;;) {
      const begin = this.#at;
      if (!this.#match(STRING)) throw this.#fault("a key in double quotes is due");
      const key = JSON.parse(this.text.slice(begin, this.#at)) as string;
      const first = places.get(key);
      if (first !== undefined)
        throw new JsonFault(
          begin,
          `${JSON.stringify(key)} stands here for the second time, after line ${placeIn(this.text, first).line}: leave one of them out`,
        );
      places.set(key, begin);
      this.#space();
      if (!this.#next(":")) throw this.#fault(`a colon is due after ${JSON.stringify(key)}`);
      this.#space();
      this.#value();
      this.#space();
      if (this.#next("}")) return;
      this.#comma("}");
    }
  }

  #comma(end: "]" | "}"): void {
    const at = this.#at;
    if (!this.#next(",")) throw this.#fault(`a comma or ${end} is due`);
    this.#space();
    if (this.text[this.#at] === end) throw new JsonFault(at, `a comma stands before ${end}: leave it out`);
  }

  #space(): void {
    this.#match(SPACE);
  }

  #next(sign: string): boolean {
    if (this.text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return false;
    this.#at += found[0].length;
    return true;
  }

  /** The usual causes, by what stands there; `due` where it is none of them. */
  #fault(due: string): JsonFault {
    const rest = this.text.slice(this.#at);
    const inString = stringFault(rest);
    if (inString !== null) return new JsonFault(this.#at + inString.after, inString.cause);
    return new JsonFault(this.#at, likelyCause(rest) ?? `${due}, and ${foundText(rest)} there`);
  }
}

/** What people and programs write that is no JSON. */
const CAUSES: readonly (readonly [begins: RegExp, cause: string])[] = [
  [/^(?:\/[/*]|#)/, "JSON has no comments: leave it out"],
  [/^['\u2018\u2019\u201a\u201b`]/, 'JSON takes straight double quotes only: write " in its place'],
  [/^[\u201c-\u201f\u00ab\u00bb\u2033\u301d-\u301f\uff02]/, 'it is a curly quote, as word processors make them: write " in its place'],
  [/^,/, "a comma too many: leave it out"],
  [/^(?:True|False|None)\b/, "it is Python: JSON writes true, false and null"],
  [/^(?:-?Infinity|-?NaN|nan|inf)\b/i, "JSON has finite numbers only: leave the field out, or give a number"],
  [/^(?:undefined)\b/, "JSON has no undefined: leave the field out, or write null"],
  [/^0[xXbBoO]/, "JSON writes numbers in decimal digits"],
  [/^-?0\d/, "JSON has no leading zeros: leave them out"],
  [/^[+.]|^-?\d+\.(?!\d)|^-\./, "JSON writes 0.5, 1.0 and 2: digits on both sides of the point, and no plus"],
  [/^\d+_\d/, "JSON has no _ inside of numbers: leave it out"],
  [/^\d+,\d+/, "JSON writes a decimal point"],
  [/^[\u00a0\u2000-\u200b\u202f\u2028\u2029\u3000\ufeff\v\f]/, "an invisible character that is no blank: leave it out"],
  [/^\\/, "a backslash outside of quotes: leave it out"],
]; // prettier-ignore

function likelyCause(rest: string): string | null {
  return CAUSES.find(([begins]) => begins.test(rest))?.[1] ?? null;
}

function foundText(rest: string): string {
  const [found] = /^(?:\w{1,30}|"[^"\n]{0,30}"|[^]?)/u.exec(rest) ?? [""];
  return found === "" ? "the file ends" : `${found} stands`;
}

/** Where a text in quotes goes wrong; null where it does not, or none begins. */
function stringFault(rest: string): { readonly after: number; readonly cause: string } | null {
  if (!rest.startsWith('"')) return null;
  const [good] = /^"(?:[^"\\\p{Cc}]+|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/u.exec(rest)!;
  const next = rest[good.length];
  if (next === '"') return null;
  if (next === "\\")
    return {
      after: good.length,
      cause: "a backslash stands for itself only where it is doubled: write C:\\\\data, or C:/data",
    };
  if (next === "\t") return { after: good.length, cause: "a tab inside of quotes: write \\t" };
  return { after: 0, cause: "these quotes are not closed in the same line" };
}

/** Line and column from 1, the column in characters. */
export function placeIn(text: string, at: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, at).split(/\r\n|\r|\n/);
  return { line: lines.length, column: Array.from(lines.at(-1)!).length + 1 };
}
