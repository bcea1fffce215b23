// Checks what a module gives to the functions of its context: each slip is an error that names the function.
import * as tf from "@tensorflow/tfjs-core";
import { nearest } from "../../../../shared/config/nearest.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import { shapeText } from "../../models/users/failures.ts";

/** What an option may be. */
export type Rule = "tensor" | "images" | "outputs" | "function" | "weight" | "number" | "boolean" | "targets";

const WANTED: Readonly<Record<Rule, string>> = {
  tensor: "a tensor",
  images: "images [B, H, W, C]",
  outputs: "the discriminator's output for images, a tensor, or an array of them",
  function: "a function of images, such as discriminator or (images) => discriminator(images, labels)",
  weight: "a number or a scalar tensor",
  number: "a number",
  boolean: "true or false",
  targets: "numbers { real, fake } from 0 to 1",
};

/**
 * Options that are all known and what they should be; `optional` may be absent.
 *
 * @throws GanglionError MODEL naming function, option, value and what is wanted
 */
export function checkOptions(
  name: string,
  options: unknown,
  needed: Readonly<Record<string, Rule>>,
  optional: Readonly<Record<string, Rule>>,
): void {
  const known = { ...needed, ...optional };
  const call = `${name}({ ${Object.keys(known).join(", ")} })`;
  if (
    typeof options !== "object" ||
    options === null ||
    options instanceof tf.Tensor ||
    Array.isArray(options)
  )
    throw slip(`${name} takes one object with all it needs: ${call}`);
  const given = options as Readonly<Record<string, unknown>>;
  const strange = Object.keys(given).find((key) => !(key in known));
  if (strange !== undefined)
    throw slip(
      `${name} has no option ${strange}: did you mean ${nearest(strange, Object.keys(known))}? It is ${call}`,
    );
  for (const [option, rule] of Object.entries(known)) {
    const value = given[option];
    if (value === undefined && option in optional) continue;
    if (!follows(value, rule))
      throw slip(`${name} is given ${described(value)} as ${option}, and needs ${WANTED[rule]}: ${call}`);
  }
}

function follows(value: unknown, rule: Rule): boolean {
  switch (rule) {
    case "tensor":
      return value instanceof tf.Tensor;
    case "images":
      return value instanceof tf.Tensor && value.rank === 4;
    case "outputs":
      return Array.isArray(value)
        ? value.length > 0 && value.every((one) => one instanceof tf.Tensor)
        : value instanceof tf.Tensor;
    case "function":
      return typeof value === "function";
    case "weight":
      return Number.isFinite(value) || (value instanceof tf.Tensor && value.size === 1);
    case "number":
      return Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    case "targets":
      return (
        typeof value === "object" &&
        value !== null &&
        Object.entries(value).every(
          ([key, one]) =>
            (key === "real" || key === "fake") && typeof one === "number" && one >= 0 && one <= 1,
        )
      );
    default:
      return rule satisfies never;
  }
}

function described(value: unknown): string {
  if (value instanceof tf.Tensor) return `a tensor of shape ${shapeText(value.shape)}`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "number" ? String(value) : value === null ? "null" : typeof value;
}

/** A table whose other names are errors with the nearest of its own; `why` has those that are not there on purpose. */
export function namedFunctions<T extends object>(
  name: string,
  functions: T,
  why: Readonly<Record<string, string>> = {},
): T {
  return new Proxy(functions, {
    get(target, key, receiver) {
      if (typeof key === "symbol" || key in target) return Reflect.get(target, key, receiver) as unknown;
      if (Object.hasOwn(why, key))
        throw slip(`there is no ${name}.${key} for losses of a module: ${why[key]}`);
      throw slip(`there is no ${name}.${key}: did you mean ${name}.${nearest(key, Object.keys(target))}?`);
    },
  });
}

export function slip(message: string): GanglionError {
  return new GanglionError("MODEL", message);
}
