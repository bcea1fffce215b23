// Text from others (nodes, files, servers), made safe for a terminal: it can neither control it nor forge a line.

/** So many characters of one line are shown. */
const MOST = 4000;

/**
 * What steers a terminal, or reads otherwise than it is: control characters (C0, C1, DEL), format characters (zero width,
 * bidirectional overrides), line and paragraph separators, halves of surrogate pairs, private use.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** One line: each unsafe character as its escape (`\n`, `\x1b`, `\u202e`), and no longer than can be read. */
export function printable(text: string): string {
  const safe = escaped(text.slice(0, MOST + 1));
  return safe.length <= MOST ? safe : `${safe.slice(0, MOST - 1)}…`;
}

/** A message that may have several lines, as libraries' have: what follows the first is set in, so that it is no message. */
export function printableMessage(text: string): string {
  const [first, ...others] = linesOf(text.trimEnd()).map(printable);
  return [first, ...others.map((line) => (line.startsWith("  ") ? line : `  ${line}`))].join("\n");
}

/** Lines that the program itself has laid out: they stay lines, of any length. */
export function printableText(text: string): string {
  return linesOf(text).map(escaped).join("\n");
}

function linesOf(text: string): string[] {
  return text.replaceAll("\r\n", "\n").replaceAll("\t", "  ").split("\n");
}

function escaped(text: string): string {
  return text.replace(UNSAFE, escapeOf);
}

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOf(character: string): string {
  const hex = character.codePointAt(0)!.toString(16);
  if (NAMED[character]) return NAMED[character];
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}
