// Whether a generator has collapsed, by the images that a probe saw.
import { describe, expect, test } from "vitest";
import { CollapseDetector, type CollapseWarning } from "../../../../../coordinator/guard/images/collapse.ts";
import type { Look } from "../../../../../coordinator/guard/images/look.ts";
import { copies, lookOf, pictures } from "./looks.ts";

/** What is said of these looks, one after the other. */
function heard(
  looks: readonly Look[],
  { latentSize = 64, conditional = false } = {},
): (CollapseWarning | null)[] {
  const detector = new CollapseDetector({ latentSize, conditional });
  return looks.map((look) => detector.observe(look));
}

const thrice = (look: Look): Look[] => [look, look, look];

describe("all images are one", () => {
  test("where they are exactly: at the second probe, with the numbers and the remedy", () => {
    const [picture] = pictures(3);
    const fake = pictures(2).map(() => picture);
    const features = { real: pictures(4), fake };
    const [first, second] = heard(thrice(lookOf({ fake, features })));
    expect(first).toBeNull();
    expect(second).toEqual({
      code: "GENERATOR_COLLAPSE",
      message:
        "the generator has collapsed: its 64 images of different noise are one picture, they differ by 0 % of what two of the data do, and D's features of them by 0 %; look whether the noise reaches its output (a dead or saturated layer), and start anew with a smaller --generator-learning-rate",
    });
  });

  test("where they differ by a fiftieth of the data: at the third", () => {
    const codes = heard(thrice(lookOf({ fake: pictures(2, 0.01) }))).map((warning) => warning?.code);
    expect(codes).toEqual([undefined, undefined, "GENERATOR_COLLAPSE"]);
  });

  test("not where they grow apart: a young generator begins with little, however little", () => {
    const growing = [1e-5, 1e-4, 1e-3, 5e-3, 8e-3, 1.2e-2, 0.1, 0.4];
    expect(heard(growing.map((deviation) => lookOf({ fake: pictures(2, deviation) }))).filter(Boolean)).toEqual([]); // prettier-ignore
  });

  test("not where the data are one as well: black images are what there is to learn", () => {
    const black = pictures(1, 0);
    expect(heard(thrice(lookOf({ real: black, fake: black }))).filter(Boolean)).toEqual([]);
    const nearly = pictures(1, 0.001); // a quarter of what a step of 1 in 255 is
    expect(heard(thrice(lookOf({ real: nearly, fake: black }))).filter(Boolean)).toEqual([]);
  });

  test("not in a single bad probe between healthy ones", () => {
    const bad = lookOf({ fake: pictures(2, 0) });
    expect(heard([lookOf({}), bad, lookOf({}), bad, lookOf({})]).filter(Boolean)).toEqual([]);
  });
});

describe("the images are a few", () => {
  test("where labels reach the networks, the way that they do may be the reason", () => {
    const [, , third] = heard(thrice(lookOf({ fake: copies(3, 4) })), { conditional: true });
    expect(third?.message).toMatch(
      /smaller --generator-learning-rate, or with another --generator-conditioning$/u,
    );
  });

  test("where all are near copies of four: at the third probe, with how many there are", () => {
    const [, second, third] = heard(thrice(lookOf({ fake: copies(3, 4) })));
    expect(second).toBeNull();
    expect(third).toEqual({
      code: "PARTIAL_COLLAPSE",
      message:
        "the generator has collapsed to a few pictures: 64 of its 64 images of different noise are near copies of another one, 4 are different, where of 64 images of the data 0 have a near copy; start anew with a smaller --generator-learning-rate",
    });
  });

  test("where half of them are one, and the others all different", () => {
    const fake = [...copies(3, 1).slice(0, 34), ...pictures(5).slice(0, 30)];
    const third = heard(thrice(lookOf({ fake }))).at(-1);
    expect(third?.message).toMatch(/^the generator has collapsed to a few pictures: 34 of its 64 .*, 31 are different/); // prettier-ignore
  });

  test("where noise hides it from the pixels, by D's features", () => {
    const fake = pictures(2);
    const features = { real: pictures(6), fake: copies(7, 3) };
    const third = heard(thrice(lookOf({ fake, features }))).at(-1);
    expect(third?.message).toMatch(/64 of its 64 .* near copies of another one, 3 are different/);
    const blind = { real: pictures(6), fake: copies(7, 3).map((row) => row.map((x) => 0.01 * x)) };
    expect(heard(thrice(lookOf({ fake, features: blind }))).at(-1)).toBeNull(); // D sees next to nothing of them
  });

  test("not where the data are a few too", () => {
    expect(heard(thrice(lookOf({ real: copies(8, 4), fake: copies(3, 4) }))).at(-1)).toBeNull();
  });

  test("not where they differ as little from each other as young images do, all alike", () => {
    expect(heard(thrice(lookOf({ fake: pictures(2, 0.03) }))).at(-1)).toBeNull();
  });

  test("not with noise of so few numbers that neighbours are near by right", () => {
    expect(heard(thrice(lookOf({ fake: copies(3, 4) })), { latentSize: 2 }).at(-1)).toBeNull();
  });
});
