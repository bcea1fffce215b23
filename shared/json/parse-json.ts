// JSON as people write it: where it is wrong, the line, the column and the likely cause.
import { readRegularBytes } from "../regular-file.ts";
import { printable } from "../printable.ts";
import { decodeText } from "./decode-text.ts";
import { JsonFault, checkJson, placeIn } from "./check-json.ts";

/**
 * The value of a JSON text, in whichever encoding; a key that stands twice in one object is refused, since one of the two
 * values would be lost.
 *
 * @throws Error with the place and the likely cause, as the rest of a sentence about the file
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  if (text.trim() === "") throw new Error("it is empty");
  try {
    checkJson(text);
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof JsonFault)) throw cause;
    const { line, column } = placeIn(text, cause.at);
    throw new Error(`line ${line}, column ${column}: ${printable(cause.message)}`, { cause });
  }
}

/**
 * The value of a user's JSON file.
 *
 * @throws the error of the system, or an Error as `parseJson` does
 */
export async function readJsonFile(path: string): Promise<unknown> {
  return parseJson(await readRegularBytes(path));
}
