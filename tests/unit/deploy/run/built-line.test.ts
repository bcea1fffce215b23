// What a run says it has built.
import { expect, test } from "vitest";
import { builtLine } from "../../../../deploy/run/built-line.ts";
import { parseConfig } from "../../../../shared/config/config.ts";

const length = { kind: "steps", steps: 1 } as const;
const of = (name: string, more: object = {}): ReturnType<typeof parseConfig> =>
  parseConfig({ model: { kind: "preset", name }, length, ...more });

test("the size, stages, filters and parameters of networks that follow the images", () => {
  expect(builtLine(of("dcgan"), [64, 64, 3])).toBe("dcgan 64×64×3: 4 stages, 64 filters, 6.36 M parameters");
  const least = { kind: "preset", name: "dcgan", filters: 1 } as const;
  // Dense 100 · 16, normalized 2 · 16, judged 16 + 1; one stage 2 · 16 + a bias each
  expect(builtLine({ ...of("dcgan"), model: least }, [8, 8, 1])).toBe(
    "dcgan 8×8×1: 1 stage, 1 filter, 1,683 parameters",
  );
});

test("no parameters where one network is a saved one, and nothing where both are", () => {
  expect(builtLine(of("mnist", { networks: { generator: "g.json" } }), [28, 28, 1])).toBe(
    "mnist 28×28×1: 2 stages, 64 filters",
  );
  const both = { generator: "g.json", discriminator: "d.json" };
  expect(builtLine(of("mnist", { networks: both }), [28, 28, 1])).toBeNull();
});

test("nothing of networks that are what they are", () => {
  expect(builtLine(of("seed-gan"), [28, 28, 1])).toBeNull();
  const module = parseConfig({ model: { kind: "module", file: "/gan.js" }, length });
  expect(builtLine(module, [64, 64, 3])).toBeNull();
});
