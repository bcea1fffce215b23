// Whether a discriminator has won or lost, by its scores: for any objective.
import { describe, expect, test } from "vitest";
import type { Look } from "../../../../../coordinator/guard/images/look.ts";
import { Rivalry, type RivalryWarning } from "../../../../../coordinator/guard/images/rivalry.ts";
import { lookOf, normals, pictures } from "./looks.ts";

const FALLEN = { recent: 0.01, highest: 2 };
const LEARNING = { recent: 0.1, highest: 2 };

function heard(
  look: Look,
  { gradient = FALLEN, isRealHigher = true, probes = 8 } = {},
): (RivalryWarning | null)[] {
  const rivalry = new Rivalry({ isRealHigher });
  return Array.from({ length: probes }, () => rivalry.observe(look, gradient));
}

const first = (warnings: readonly (RivalryWarning | null)[]): number => warnings.findIndex(Boolean);

describe("the discriminator wins", () => {
  const APART = { real: normals(1, 9, 1), fake: normals(2, -9, 1) };

  test("where its scores never mistake one for the other and its gradient has fallen: at the third probe", () => {
    const warnings = heard(lookOf({ scores: APART }));
    expect(first(warnings)).toBe(2);
    expect(warnings[2]?.code).toBe("DISCRIMINATOR_WINS");
    expect(warnings[2]?.message).toMatch(
      /^the discriminator wins: its scores tell 64 real from 64 generated images without a mistake, 1\d standard deviations apart, and its gradient has fallen from 2 to 0\.01, so neither network learns; .*--change discriminator-learning-rate=X, a smaller one$/,
    );
  });

  test("whatever their scale is, and where a loss of the module's own makes the generated ones the higher ones", () => {
    const small = { real: normals(1, 1e-3, 1e-5), fake: normals(2, 0, 1e-5) };
    expect(first(heard(lookOf({ scores: small })))).toBe(2);
    const turned = { real: APART.fake, fake: APART.real };
    expect(first(heard(lookOf({ scores: turned }), { isRealHigher: false }))).toBe(2);
  });

  test("not while it still learns, as every healthy one in its first hundred steps and a critic always does", () => {
    expect(first(heard(lookOf({ scores: APART }), { gradient: LEARNING }))).toBe(-1);
  });

  test("not where the scores overlap, or lie side by side", () => {
    const overlapping = { real: normals(1, 2, 1), fake: normals(2, 0, 1) };
    expect(first(heard(lookOf({ scores: overlapping })))).toBe(-1);
  });
});

describe("the discriminator loses", () => {
  const BLIND = { real: normals(1, 0, 1), fake: normals(2, 0, 1) };
  const NARROW = pictures(2, 0.1);

  test("where its scores are as good as a coin's though the images plainly differ: at the sixth probe", () => {
    const warnings = heard(lookOf({ scores: BLIND, fake: NARROW }));
    expect(first(warnings)).toBe(5);
    expect(warnings[5]?.code).toBe("DISCRIMINATOR_LOSES");
    expect(warnings[5]?.message).toMatch(
      /^the discriminator loses: its scores are right about [45]\d of 100 pairs .*--change discriminator-learning-rate=X, a larger one$/,
    );
    const shifted = pictures(2).map((row) => row.map((pixel) => pixel + 0.5));
    expect(first(heard(lookOf({ scores: BLIND, fake: shifted })))).toBe(5);
  });

  test("where they are wrong, unless a loss of the module's own may mean it so", () => {
    const wrong = { real: normals(1, -3, 1), fake: normals(2, 3, 1) };
    const look = lookOf({ scores: wrong, fake: NARROW });
    expect(first(heard(look, { gradient: LEARNING }))).toBe(5);
    expect(first(heard(look, { gradient: LEARNING, isRealHigher: false }))).toBe(-1);
  });

  test("where it gives every image the same", () => {
    const same = { real: Array.from({ length: 64 }, () => 0.7), fake: Array.from({ length: 64 }, () => 0.7) };
    const message = heard(lookOf({ scores: same, fake: NARROW })).at(-1)?.message;
    expect(message).toMatch(/^the discriminator loses: it gives every image the same score, though/);
  });

  test("not where the images are as the data: then that is what training is for", () => {
    expect(first(heard(lookOf({ scores: BLIND })))).toBe(-1);
  });
});
