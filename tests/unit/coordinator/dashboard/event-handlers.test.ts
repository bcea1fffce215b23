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

test("a warning that comes again with other numbers is shown once, as it was told last, with how often it came", () => {
  const from = SCRIPT.indexOf("const warnings = [");
  const part = SCRIPT.slice(from, SCRIPT.indexOf("let run = null", from));
  const shown: { textContent: string }[] = [];
  const list = { replaceChildren: (...items: typeof shown) => shown.splice(0, Infinity, ...items) };
  const document = { createElement: () => ({ textContent: "" }) };
  const at = (id: string): object => (id === "warnings" ? list : {});
  const told = [["C", "64 of generator/03 are 0.1 apart"], ["C", "64 of generator/04 are 0.1 apart"], ["C", "3 of generator/03 are 7e-5 apart (the last of 2 more like it within 10 s)"]]; // prettier-ignore
  const calls = told.map(([code, message]) => `warn(${JSON.stringify({ code, message, time: 0 })});`);
  new Script(part + calls.join("")).runInNewContext({ at, document });
  expect(shown.map(({ textContent }) => textContent.replace(/^[\d:]+/, ""))).toEqual([
    " (2 times)  3 of generator/03 are 7e-5 apart (the last of 2 more like it within 10 s)",
    "  64 of generator/04 are 0.1 apart",
  ]);
});
