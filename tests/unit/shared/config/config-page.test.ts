// The page docs/config.md says the truth about every field of the config.
import { expect, test } from "vitest";
import { configFields, configPage } from "../../../support/config-page.ts";
import { CONFIG_FLAGS } from "../../../../deploy/flags/config-flags.ts";
import { longFlag } from "../../../../deploy/flags/flag.ts";
import { parseConfig } from "../../../../shared/config/config.ts";

test("docs/config.md is up to date", async () => {
  await expect(
    configPage(),
    "docs/config.md is out of date: npx vitest run tests/unit/shared/config/config-page.test.ts -u rewrites it",
  ).toMatchFileSnapshot("../../../../docs/config.md");
});

test("every field is described in its schema", () => {
  expect(configFields().filter(({ description }) => description === undefined).map(({ path }) => path)).toEqual([]); // prettier-ignore
});

test("every field of a config has its row, and every flag of one stands in a row", () => {
  const rows = new Set(configFields().map(({ path }) => path));
  const config = parseConfig({
    model: { kind: "preset", name: "digits" },
    length: { kind: "steps", steps: 1 },
  });
  expect(pathsOf(config).filter((path) => !rows.has(path))).toEqual([]);
  const shown = new Set(configFields().flatMap(({ flags }) => flags));
  const flags = Object.keys(CONFIG_FLAGS).filter((name) => name !== "config").map(longFlag); // prettier-ignore
  expect(flags.filter((flag) => !shown.has(flag))).toEqual([]);
});

test("a field that only some kinds have says which, and one that all have says none", () => {
  const kindsOf = (path: string): unknown => configFields().filter((row) => row.path === path).map(({ kinds }) => kinds); // prettier-ignore
  expect(kindsOf("optimizer.beta1")).toEqual([["adam", "adamw"]]);
  expect(kindsOf("optimizer.l2")).toEqual([[]]);
  expect(kindsOf("optimizer.clip.norm")).toEqual([["norm"]]);
});

function pathsOf(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? pathsOf(inner, `${path}${name}.`)
      : [path + name],
  );
}
