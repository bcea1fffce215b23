// A YAML file as plain data; what is wrong with it in one sentence, with the line.
import { readFile } from "node:fs/promises";
import { LineCounter, type YAMLParseError, parseDocument } from "yaml";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { decodeText } from "../../../shared/json/decode-text.ts";

/** @throws GanglionError CONFIG */
export async function readYaml(file: string): Promise<unknown> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(file, READING[cause.code ?? ""] ?? messageOf(cause), cause);
  });
  const text = textOf(file, bytes);
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const [error] = document.errors; // what follows the first is often its echo
  if (error)
    throw unreadable(file, `line ${lines.linePos(error.pos[0]).line}${mistakeIn(error, text)}`, error);
  try {
    return document.toJS();
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause); // an alias of what is not there
  }
}

function textOf(file: string, bytes: Buffer): string {
  try {
    return decodeText(bytes);
  } catch (cause) {
    throw unreadable(file, messageOf(cause), cause);
  }
}

const READING: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder; name a file in it",
  EACCES: "you may not read it",
};

function unreadable(file: string, why: string, cause: unknown): GanglionError {
  return new GanglionError("CONFIG", `the cluster file ${file} cannot be read: ${why}`, { cause });
}

function mistakeIn({ code, pos: [at], message }: YAMLParseError, text: string): string {
  switch (code) {
    case "TAB_AS_INDENT":
      return " is indented with a tab: YAML takes spaces only";
    case "DUPLICATE_KEY":
      return `: ${/^[^:\s]+/.exec(text.slice(at))?.[0] ?? "a field"} stands there for the second time: leave one of them out`;
    case "MULTIPLE_DOCS":
      return " begins a second document: a cluster file holds one";
    default:
      return `: ${message}`;
  }
}
