import { relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { configFromFlags } from "../../../../deploy/flags/config-from-flags.ts";

test("a data folder is kept by its whole path: a run may be resumed from elsewhere", async () => {
  const folder = resolve(import.meta.dirname);
  expect((await configFromFlags({ data: relative("", folder) })).data).toBe(folder);
});

test("what is no folder keeps its name", async () => {
  expect((await configFromFlags({})).data).toBe("strokes");
  expect((await configFromFlags({ data: "stroks" })).data).toBe("stroks");
});
