// Names as tokens of a subject.
import { expect, test } from "vitest";
import { nameOfToken, subjectToken } from "../../../../../shared/transport/nats/subjects.ts";

test("any name becomes a token of a subject, from which it can be read again", () => {
  for (const name of ["gpu-1", "a.b c*>", "höhe", "=", "x".repeat(100)]) {
    const token = subjectToken(name);
    expect(token).toMatch(/^[\w=-]+$/);
    expect(nameOfToken(token)).toBe(name);
  }
  expect(["", "a.b", "=4", "=zz", "*"].map(nameOfToken)).toEqual([null, null, null, null, null]);
});
