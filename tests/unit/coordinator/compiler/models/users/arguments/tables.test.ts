// The tables of known arguments against the tfjs that is installed: an upgrade cannot drift away from them.
import * as tfl from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { LAYER_ARGUMENTS } from "../../../../../../../coordinator/compiler/models/users/arguments/layer-arguments.ts";
import {
  CONSTRAINT_ARGUMENTS,
  INITIALIZER_ARGUMENTS,
  MODEL_ARGUMENTS,
  REGULARIZER_ARGUMENTS,
} from "../../../../../../../coordinator/compiler/models/users/arguments/object-arguments.ts";
import type { Known } from "../../../../../../../coordinator/compiler/models/users/arguments/rule.ts";
import { declaredFactories } from "../../../../../../support/tfjs-declarations.ts";

type Table = Readonly<Record<string, Known>>;

const CASES = [
  { table: LAYER_ARGUMENTS, path: "tf.layers", file: "exports_layers.d.ts", exported: tfl.layers },
  { table: INITIALIZER_ARGUMENTS, path: "tf.initializers", file: "exports_initializers.d.ts", exported: tfl.initializers },
  { table: REGULARIZER_ARGUMENTS, path: "tf.regularizers", file: "exports_regularizers.d.ts", exported: tfl.regularizers },
  { table: CONSTRAINT_ARGUMENTS, path: "tf.constraints", file: "exports_constraints.d.ts", exported: tfl.constraints },
] as const; // prettier-ignore

const argumentsIn = (table: Table): Record<string, string[]> =>
  Object.fromEntries(Object.entries(table).map(([name, { rules }]) => [name, Object.keys(rules).toSorted()]));

describe.each(CASES)("the table of $path", ({ table, file, exported }) => {
  test("has each factory that tfjs exports, and no other", () => {
    const factories = Object.entries(exported)
      .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name) && name !== "input")
      .map(([name]) => name);
    expect(Object.keys(table).toSorted()).toEqual(factories.toSorted());
  });

  test("has for each the arguments that tfjs declares, and no other", () => {
    expect(argumentsIn(table)).toEqual(Object.fromEntries(declaredFactories(file)));
  });
});

test("the table of models has the arguments that tfjs declares, and no other", () => {
  const { registerCallbackConstructor: _, ...declared } = Object.fromEntries(
    declaredFactories("exports.d.ts"),
  );
  expect(argumentsIn(MODEL_ARGUMENTS)).toEqual(declared);
});
