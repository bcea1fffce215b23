// What an argument of a layer, an initializer, a regularizer or a constraint may be.

/** A test of values, and the words for it that follow "it must be". */
export interface ValueRule {
  readonly kind: "value";
  readonly must: string;
  readonly fits: (value: unknown) => boolean;
  /** tfjs has no default of its own, or a silent one. */
  readonly required: boolean;
}

/** An object that tfjs finds by a name, or that is built with arguments of its own. */
export interface ObjectRule {
  readonly kind: "object";
  readonly family: "initializer" | "regularizer" | "constraint" | "activation";
  readonly required: boolean;
}

export type Rule = ValueRule | ObjectRule;

export type Rules = Readonly<Record<string, Rule>>;

/** One class of tfjs and the arguments of its constructor. */
export interface Known {
  /** As a model.json names it. */
  readonly className: string;
  readonly rules: Rules;
  /** What must hold between arguments that are each right, as the words after the layer's name; null where it does. */
  readonly conflict?: (args: Readonly<Record<string, unknown>>) => string | null;
  /** Arguments whose 0 tfjs takes for absent, and replaces by its default; also in copies that it makes. */
  readonly lostZeros?: readonly string[];
  /** What its getConfig adds, always the same: a layer may be made from another's config. */
  readonly added?: Readonly<Record<string, unknown>>;
  /** Values that a saved model may have besides, where they change nothing in it. */
  readonly savedRules?: Rules;
}

export function required(rule: Rule): Rule {
  return { ...rule, required: true };
}

export const anything = valueRule("anything", () => true);
export const flag = valueRule("true or false", (given) => typeof given === "boolean");
export const text = valueRule("a name", (given) => typeof given === "string" && given !== "");
export const seed = valueRule("a number", Number.isFinite);
export const list = valueRule("a list", Array.isArray);
/** A layer or a cell; in a saved model, its description. */
export const object = valueRule("a layer", (given) => typeof given === "object");

export const finite = valueRule("a finite number", Number.isFinite);
export const aboveZero = valueRule("a finite number above 0", (given) => isFrom(0, given) && given !== 0);
export const fromZero = valueRule("a finite number from 0", (given) => isFrom(0, given));
/** The share that a dropout drops: at 1 nothing would be left, and tfjs drops nothing at all. */
export const share = valueRule(
  "a number from 0 to below 1",
  (given) => isFrom(0, given) && Number(given) < 1,
);
export const portion = valueRule("a number from 0 to 1", (given) => isFrom(0, given) && Number(given) <= 1);
export const numbers = valueRule(
  "a finite number or a list of them",
  (given) => Number.isFinite(given) || isList(given, Number.isFinite),
);

export const count = valueRule("a whole number above 0", isCount);
export const axis = valueRule("a whole number", (given) => Number.isInteger(given) || isAxes(given, 1));
export const axes = valueRule(
  "a whole number or a list of them",
  (given) => Number.isInteger(given) || isAxes(given),
);

/** A size for each of `rank` axes, or one for all. */
export function sizes(rank: 1 | 2 | 3): ValueRule {
  const many = rank === 1 ? "[one of them]" : `a list of ${rank}`;
  return valueRule(
    `a whole number above 0 or ${many}`,
    (given) => isCount(given) || (isList(given, isCount) && given.length === rank),
  );
}

/** What tfjs passes over in this layer, whatever it is. */
export const undilated = valueRule("1, as tfjs has no dilation here", (given) =>
  [given].flat().every((rate) => rate === 1),
);

/** A size for each of `rank` axes, where tfjs takes no single number. */
export function sizeList(rank: number): ValueRule {
  return valueRule(
    `a list of ${rank} whole numbers above 0`,
    (given) => isList(given, isCount) && given.length === rank,
  );
}

/** The sizes of a tensor; null where one is not known. tfjs takes a single number for a list of it. */
export const shape = valueRule(
  "a list of whole numbers from 0 (null for what is not known)",
  (given) => isFromZero(given) || isList(given, (size) => size === null || isFromZero(size)),
);
/** Of a reshape: the one size that follows from the others is -1 or null. */
export const targetShape = valueRule(
  "a list of whole numbers above 0, with -1 for the one that follows",
  (given) => isList(given, (size) => size === null || size === -1 || isCount(size)),
);
/** What a padding or a cropping adds or takes at each end of height and width. */
export const margins = valueRule(
  "a whole number from 0, [height, width] or [[top, bottom], [left, right]]",
  (given) => isFromZero(given) || (isList(given, (end) => isFromZero(end) || isList(end, isFromZero)) && given.length === 2),
); // prettier-ignore

/** One of these words. */
export function oneOf(...words: readonly (string | number)[]): ValueRule {
  const quoted = words.map((word) => JSON.stringify(word));
  const must = quoted.length === 1 ? quoted[0] : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return valueRule(must, (given) => words.some((word) => word === given));
}

export const initializer = objectOf("initializer");
export const regularizer = objectOf("regularizer");
export const constraint = objectOf("constraint");
export const activation = objectOf("activation");

/** `must` follows "it must be". */
export function valueRule(must: string, fits: (value: unknown) => boolean): ValueRule {
  return { kind: "value", must, fits, required: false };
}

function objectOf(family: ObjectRule["family"]): ObjectRule {
  return { kind: "object", family, required: false };
}

function isList(value: unknown, fits: (element: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every((element) => fits(element));
}

function isAxes(value: unknown, length?: number): boolean {
  return isList(value, Number.isInteger) && (length === undefined || value.length === length);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isFromZero(value: unknown): boolean {
  return value === 0 || isCount(value);
}

function isFrom(least: number, value: unknown): boolean {
  return Number.isFinite(value) && Number(value) >= least;
}
