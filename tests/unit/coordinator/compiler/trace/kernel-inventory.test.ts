// The page shared/program/KERNELS.md says the truth about every kernel of tfjs.
import { expect, test } from "vitest";
import { COMPOSED } from "../../../../../coordinator/compiler/trace/composed-kernels.ts";
import { REFUSED } from "../../../../../coordinator/compiler/trace/refused-kernels.ts";
import { SHAPES } from "../../../../../shared/program/shapes.ts";
import { LOWERINGS } from "../../../../../worker/engine/graph/lower/lower.ts";
import { inventory, registeredKernels, treatmentOf } from "../../../../support/kernel-inventory.ts";

test("the inventory of kernels is up to date", async () => {
  await expect(
    inventory(),
    "shared/program/KERNELS.md is out of date: npx vitest run tests/unit/coordinator/compiler/trace/kernel-inventory.test.ts -u rewrites it",
  ).toMatchFileSnapshot("../../../../../shared/program/KERNELS.md");
});

test("every kernel that is refused has a reason, and no other", () => {
  const refused = registeredKernels().filter((kernel) => treatmentOf(kernel) === "refused");
  expect([...REFUSED.keys()].toSorted()).toEqual(refused.toSorted());
});

test("what is traced is lowered, and what is lowered can be traced", () => {
  expect(Object.keys(LOWERINGS).toSorted()).toEqual([...SHAPES.keys()].toSorted());
});

test("every kernel that is lowered or composed is one of tfjs", () => {
  const known = new Set(registeredKernels());
  expect([...COMPOSED.keys(), ...SHAPES.keys()].filter((kernel) => !known.has(kernel))).toEqual([]);
});
