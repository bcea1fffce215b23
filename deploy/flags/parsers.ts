// Parsers for commander: the text behind a flag as a checked value, or an error that says what to give.
import { InvalidArgumentError } from "commander";

/** A parser of whole numbers from `least` to `most`, for commander. */
export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(
        `Give a whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`}.`,
      );
    }
    return value;
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError("Give a number greater than 0.");
  return value;
}

/** A parser of one of `choices`. */
export function oneOf<Choice extends string>(choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new InvalidArgumentError(`Choose one of ${choices.join(", ")}.`);
    return found;
  };
}

/** From 0 to less than 1. */
export function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value < 1))
    throw new InvalidArgumentError("Give a number from 0 to less than 1.");
  return value;
}

export function numberFromZero(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError("Give a number from 0.");
  return value;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `500M`, `4 GB` or a number of bytes. */
export function byteSize(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text.trim()) ?? [];
  if (number === undefined) throw new InvalidArgumentError("Give a size such as 500M or 4G.");
  return Math.floor(Number(number) * UNITS[unit.toLowerCase()]);
}

/** `64`, or `64x48`: [height, width]. */
export function imageSize(text: string): readonly [number, number] {
  const [, height, width = height] = /^(\d{1,4})(?:[x×](\d{1,4}))?$/i.exec(text.trim()) ?? [];
  const size = [Number(height), Number(width)] as const;
  if (height === undefined || size.some((side) => side < 1 || side > 8192))
    throw new InvalidArgumentError("Give a side such as 64, or height x width such as 64x48.");
  return size;
}

const COLOURS: Readonly<Record<string, string>> = {
  white: "#ffffff",
  black: "#000000",
  grey: "#808080",
  gray: "#808080",
};

/** `#rrggbb`, `#rgb`, white, black or grey, as `#rrggbb`. */
export function colour(text: string): string {
  const given = text.trim().toLowerCase();
  const [, digits] = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/.exec(given) ?? [];
  if (digits !== undefined) return `#${digits.length === 6 ? digits : digits.replaceAll(/./g, "$&$&")}`;
  if (Object.hasOwn(COLOURS, given)) return COLOURS[given];
  throw new InvalidArgumentError("Give a colour such as #ffffff, white, black or grey.");
}

/** A parser of one of these numbers. */
export function oneOfNumbers<Choice extends number>(choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const found = choices.find((choice) => String(choice) === text.trim());
    if (found === undefined) throw new InvalidArgumentError(`Choose one of ${choices.join(", ")}.`);
    return found;
  };
}

/** Some of these words, with commas between them. */
export function listOf<Word extends string>(words: readonly Word[]): (text: string) => Word[] {
  const one = oneOf(words);
  return (text) => [...new Set(text.split(",").map((word) => one(word.trim())))];
}
