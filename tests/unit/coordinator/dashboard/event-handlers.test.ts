// The page's script, without a browser.
import { Script } from "node:vm";
import { expect, test } from "vitest";
import { HANDLERS_SCRIPT } from "../../../../coordinator/dashboard/page/event-handlers.ts";
import { SCRIPT } from "../../../../coordinator/dashboard/page/script.ts";

test("the page's script parses, and hands each event to its own handler", () => {
  expect(() => new Script(SCRIPT)).not.toThrow();
  const shown: unknown[] = [];
  const scope = { log: (...told: unknown[]) => shown.push(told), plural: String, whole: String };
  new Script(`${HANDLERS_SCRIPT} handlers.compiled({ programs: 3, traceMs: 5, time: "now" });`).runInNewContext(scope); // prettier-ignore
  expect(shown).toEqual([["3 traced in 5 ms", "now"]]);
});
