// The parameters of /api, checked: what is wrong is refused with a sentence that names value and remedy.
import { z } from "zod";

/** As many buckets as a wide screen has pixels, unless told otherwise. */
const USUAL_POINTS = 1000;
const MOST_POINTS = 10_000;
const MOST_NAMES = 256;
const MOST_NAME_LENGTH = 300;
/** Buckets of all series of one answer, which bounds its size. */
const MOST_BUCKETS = 400_000;

const whole = (least: number, most: number, remedy: string): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d{1,15}$/, remedy)
    .transform(Number)
    .refine((value) => value >= least && value <= most, remedy);

const step = whole(0, Number.MAX_SAFE_INTEGER, "give a step, such as 500");

const range = {
  from: step.optional().describe("first step; default 0"),
  to: step.optional().describe("last step, included; default the newest"),
};

export const rangeSchema = z.strictObject(range);

export const dataSchema = z.strictObject({
  names: z
    .string()
    .min(1, "give names of /api/series with commas between them, such as loss/discriminator,loss/generator")
    .describe(`names of series with commas between them, at most ${MOST_NAMES}; a comma of a name as %2C`),
  ...range,
  points: whole(1, MOST_POINTS, `give a number of buckets from 1 to ${MOST_POINTS}`)
    .optional()
    .describe(`buckets of each series at most; default ${USUAL_POINTS}`),
});

export const nothingSchema = z.strictObject({});

export interface StepRange {
  readonly from: number;
  readonly to: number;
}

export interface DataParameters {
  readonly names: readonly string[];
  readonly range: StepRange;
  readonly points: number;
}

/** What is wrong, as a sentence. */
export class BadParameter extends Error {}

/** @throws BadParameter */
export function parseNothing(query: URLSearchParams): void {
  parse(nothingSchema, query);
}

/** @throws BadParameter */
export function parseRange(query: URLSearchParams): StepRange {
  return rangeOf(parse(rangeSchema, query));
}

/** @throws BadParameter */
export function parseData(query: URLSearchParams): DataParameters {
  const { points = USUAL_POINTS, ...given } = parse(dataSchema, query);
  const names = [...new Set(namesOf(given.names))];
  if (names.length > MOST_NAMES)
    throw new BadParameter(`names are ${names.length}, and at most ${MOST_NAMES} are answered: ask in parts`);
  const long = names.find((name) => name.length > MOST_NAME_LENGTH || name === "");
  if (long !== undefined)
    throw new BadParameter(
      `names has ${quoted(long)}, which is no name of a series: GET /api/series lists them`,
    );
  if (names.length * points > MOST_BUCKETS)
    throw new BadParameter(
      `${names.length} names of ${points} points are more than ${MOST_BUCKETS} in one answer: ask for fewer points`,
    );
  return { names, range: rangeOf(given), points };
}

function parse<T extends z.ZodType>(schema: T, query: URLSearchParams): z.output<T> {
  const given: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name === "token") continue; // access.ts has checked it
    if (Object.hasOwn(given, name)) throw new BadParameter(`${quoted(name)} is there twice: give it once`);
    Object.defineProperty(given, name, { value, enumerable: true });
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue.code === "unrecognized_keys")
    throw new BadParameter(
      `${quoted(issue.keys[0])} is no parameter of this route: see /api/schema for what there is`,
    );
  const name = String(issue.path[0]);
  const isMissing = !Object.hasOwn(given, name);
  if (isMissing) throw new BadParameter(`${name} is missing: see /api/schema`);
  throw new BadParameter(`${name}=${quoted(given[name])} cannot be used: ${issue.message}`);
}

/** A comma in a name is escaped twice: the first %2C is undone with the address. */
function namesOf(text: string): string[] {
  return text.split(",").map((name) => name.replaceAll(/%2c/gi, ","));
}

function rangeOf({ from = 0, to = Number.MAX_SAFE_INTEGER - 1 }: { from?: number | undefined; to?: number | undefined }): StepRange {
  if (from > to) throw new BadParameter(`from=${from} is after to=${to}: give a range that begins before it ends`);
  return { from, to };
} // prettier-ignore

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
