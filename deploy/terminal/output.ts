// The program's two streams: all that people read goes through here (a live display through terminal.ts), made safe to show.
import { printable, printableMessage, printableText } from "../../shared/printable.ts";

/** One line of standard output. */
export function say(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Lines of standard output that the program has laid out. */
export function sayText(text: string): void {
  process.stdout.write(`${printableText(text)}\n`);
}

/** One line of standard output for programs: exact, JSON escapes what it must. */
export function sayJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A message on standard error. */
export function complain(message: string): void {
  process.stderr.write(`${printableMessage(message)}\n`);
}
