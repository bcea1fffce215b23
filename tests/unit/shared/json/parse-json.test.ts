// JSON from editors and shells of every kind, and what is said where it is none.
import { describe, expect, test } from "vitest";
import { parseJson } from "../../../../shared/json/parse-json.ts";

const utf16be = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

describe("a text is read", () => {
  const text = '{"batch": 64, "data": "C:\\\\Bilder\\\\Köln 猫"}\r\n';
  test.each<[how: string, bytes: Buffer]>([
    ["in UTF-8", Buffer.from(text)],
    ["with a byte order mark", Buffer.from(`\ufeff${text}`)],
    ["in UTF-16, as PowerShell writes it", Buffer.from(`\ufeff${text}`, "utf16le")],
    ["in UTF-16 without a byte order mark", Buffer.from(text, "utf16le")],
    ["in UTF-16 with the high byte first", utf16be(`\ufeff${text}`)],
    ["in UTF-16 with the high byte first and no byte order mark", utf16be(text)],
  ])("%s", (_how, bytes) => {
    expect(parseJson(bytes)).toEqual({ batch: 64, data: "C:\\Bilder\\Köln 猫" });
  });

  test.each([
    "3", "-0.5e+7", '"a \\u00e9 \\" \u007f"', "true", "null", "[]", "{ }", '[[1, {"a": []}], "", false]', " \t\n[1]\n",
  ])("that says %s, as JSON.parse reads it", (json) => {
    expect(parseJson(Buffer.from(json))).toEqual(JSON.parse(json));
  }); // prettier-ignore

  test("of two thousand values, each once", () => {
    const many = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key ${i}`, [i, `"${i}"`]]));
    expect(parseJson(Buffer.from(JSON.stringify(many, null, 2)))).toEqual(many);
  });
});

describe("what is wrong is said with its place and its likely cause", () => {
  test.each<[json: string, says: string]>([
    ['{\n  "batch": 64,\n}', "line 2, column 14: a comma stands before }: leave it out"],
    ["[1, 2,]", "line 1, column 6: a comma stands before ]: leave it out"],
    ['{"a": 1,, "b": 2}', "line 1, column 9: a comma too many: leave it out"],
    ['{\r\n  // the batch\r\n  "batch": 64}', "line 2, column 3: JSON has no comments: leave it out"],
    ['{"a": 1 /* one */}', "line 1, column 9: JSON has no comments"],
    ["# settings\n{}", "line 1, column 1: JSON has no comments"],
    ["{“batch”: 64}", 'line 1, column 2: it is a curly quote, as word processors make them: write " in its place'],
    ["{'batch': 64}", "line 1, column 2: JSON takes straight double quotes only"],
    ["{batch: 64}", "line 1, column 2: a key in double quotes is due, and batch stands there"],
    ['{"batch" 64}', 'line 1, column 10: a colon is due after "batch", and 64 stands there'],
    ['{"a": 1\n "b": 2}', 'line 2, column 2: a comma or } is due, and "b" stands there'],
    ['{"a": 1', "line 1, column 8: a comma or } is due, and the file ends there"],
    ['{"a": True}', "line 1, column 7: it is Python: JSON writes true, false and null"],
    ['{"a": NaN}', "line 1, column 7: JSON has finite numbers only"],
    ['{"a": -Infinity}', "line 1, column 7: JSON has finite numbers only"],
    ['{"a": .5}', "line 1, column 7: JSON writes 0.5, 1.0 and 2"],
    ['{"a": 5.}', "line 1, column 7: JSON writes 0.5, 1.0 and 2"],
    ['{"a": 007}', "line 1, column 7: JSON has no leading zeros"],
    ['{"a": 0x10}', "line 1, column 7: JSON writes numbers in decimal digits"],
    ['{"a": 60_000}', "line 1, column 7: JSON has no _ inside of numbers"],
    ['{"data": "C:\\Users"}', "line 1, column 13: a backslash stands for itself only where it is doubled"],
    ['{"data": "photos}\n', "line 1, column 10: these quotes are not closed in the same line"],
    ['{"猫": 1, "é" 2}', 'line 1, column 14: a colon is due after "é", and 2 stands there'],
    ['{"a":\u00a01}', "line 1, column 6: an invisible character that is no blank"],
    ['{"a": 1} {"b": 2}', "line 1, column 10: the value ends before it: one file holds one value"],
    ["\u001b[31m{}", "line 1, column 1: a value is due, and \\x1b stands there"],
    ["", "it is empty"],
    [" \n", "it is empty"],
    ["[".repeat(600), "it is nested more than 500 deep"],
  ])("%j", (json, says) => {
    expect(() => parseJson(Buffer.from(json))).toThrow(says);
  }); // prettier-ignore

  test("a key that stands twice, whose first value would be lost", () => {
    const json = '{\n  "seed": 1,\n  "batch": 64,\n  "s\\u0065ed": 2\n}';
    expect(() => parseJson(Buffer.from(json))).toThrow(
      'line 4, column 3: "seed" stands here for the second time, after line 2: leave one of them out',
    );
    expect(parseJson(Buffer.from('[{"a": {"a": 1}}, {"a": 2}]'))).toEqual([{ a: { a: 1 } }, { a: 2 }]);
  });

  test("bytes that are no text, without a zero byte in the message", () => {
    const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]);
    expect(() => parseJson(picture)).toThrow("it is no text: its bytes are no UTF-8; save it as UTF-8");
    expect(() => parseJson(Buffer.from('{"a\0": 1}'))).toThrow("it is no text: it has bytes of 0");
  });
});

test("every text that it accepts, JSON.parse accepts, and the other way round but for keys that stand twice", () => {
  const signs = ["{", "}", "[", "]", ",", ":", '"a"', '"b"', "1", "-0.5", "true", " ", "\n", "01", "\\", "e"];
  let state = 1;
  const next = (most: number): number => {
    state = (state * 48271) % 2147483647; // Lehmer's generator: the same texts in every run
    return state % most;
  };
  const outcome = (read: () => unknown): string => {
    try {
      return JSON.stringify(read());
    } catch {
      return "no JSON";
    }
  };
  for (let i = 0; i < 5000; i++) {
    const text = Array.from({ length: 1 + next(9) }, () => signs[next(signs.length)]).join("");
    const ours = outcome(() => parseJson(Buffer.from(text)));
    const isTwice = ours === "no JSON" && /("[ab]").*:.*\1/s.test(text);
    if (!isTwice) expect([text, ours]).toEqual([text, outcome(() => JSON.parse(text) as unknown)]);
  }
});
