// The history of a run's config: a recorded change is the least one, and makes the config that it was taken from.
import { describe, expect, test } from "vitest";
import { type RunConfig, parseConfig } from "../../../../shared/config/config.ts";
import { changeBetween, merged } from "../../../../shared/config/history/change.ts";
import {
  appliedAt,
  configAfter,
  configAt,
  segmentsOf,
  withChange,
  withPlaces,
} from "../../../../shared/config/history/history.ts";

const START: RunConfig = parseConfig({
  model: { kind: "module", file: "/gan.mjs" },
  batch: 32,
  shard: 16,
  length: { kind: "steps", steps: 100 },
});

function changed(fields: object, of = START): RunConfig {
  return parseConfig({ ...of, history: [], ...fields });
}

describe("the least change", () => {
  test.each([
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    [{ a: { x: 1, y: 2 } }, { a: { x: 1, y: 5 } }, { a: { y: 5 } }],
    [{ a: { kind: "k", x: 1 } }, { a: { kind: "l", x: 1 } }, { a: { kind: "l", x: 1 } }],
    [{ a: { kind: "k", x: 1 } }, { a: { kind: "k", x: 2 } }, { a: { x: 2 } }],
    [{ a: [1, 2] }, { a: [1, 3] }, { a: [1, 3] }],
    [{ a: { x: 1 } }, { a: {} }, { a: { x: null } }],
    [{}, { a: { x: 1 } }, { a: { x: 1 } }],
    [{ a: 1 }, { a: 1 }, {}],
  ])("of %j to %j is %j, and makes it", (before, after, change) => {
    expect(changeBetween(before, after)).toEqual(change);
    expect(merged(before, change)).toEqual(after);
  });
});

describe("a recorded config", () => {
  const slower = changed({ optimizer: { ...START.optimizer, learningRate: 1e-5 } });
  const later = { ...slower, batch: 64 };
  const recorded = withChange(withChange(START, 60, slower), 80, later);

  test("has the start at the top, and each change with its step", () => {
    expect(recorded.optimizer.learningRate).toBe(2e-4);
    expect(recorded.history).toEqual([
      { step: 60, change: { optimizer: { learningRate: 1e-5 } } },
      { step: 80, change: { batch: 64 } },
    ]);
    expect(parseConfig(JSON.parse(JSON.stringify(recorded)))).toEqual(recorded);
  });

  test("gives the config in effect at any step", () => {
    expect([0, 59, 60, 79, 80, 500].map((step) => appliedAt(recorded, step))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(configAt(recorded, 59)).toEqual(START);
    expect(configAt(recorded, 60)).toEqual(slower);
    expect(configAt(recorded, 80)).toEqual(later);
    expect(configAfter(recorded, 1)).toEqual(slower);
  });

  test("gives the steps of each config", () => {
    expect(segmentsOf(recorded, 2, 90).map(({ config, steps }) => [config.batch, steps])).toEqual([[32, 60], [32, 20], [64, 10]]); // prettier-ignore
    expect(segmentsOf(recorded, 1, 60).map(({ steps }) => steps)).toEqual([60, 0]);
  });

  test("has one change a step: a second is merged into it, and taken back it is none", () => {
    const both = withChange(recorded, 80, { ...later, average: 0.9 });
    expect(both.history[1]).toEqual({ step: 80, change: { batch: 64, average: 0.9 } });
    expect(withChange(recorded, 80, slower).history).toHaveLength(1);
  });

  test("that takes another course from a step on loses the changes of later ones", () => {
    const other = withChange(recorded, 70, { ...slower, batch: 16 });
    expect(other.history.map(({ step }) => step)).toEqual([60, 70]);
  });

  test("that changes before its first step has another start", () => {
    expect(withChange(START, 0, later)).toEqual(later);
  });

  test("names its data and its present module at other places, and changes nothing by it", () => {
    const model = { kind: "module", file: "/moved.mjs" } as const;
    expect(withPlaces(recorded, { data: "/d", model })).toEqual({ ...recorded, data: "/d", model });
    const other = withChange(START, 5, { ...START, model: { kind: "module", file: "/other.mjs" } });
    expect(configAt(withPlaces(other, { model }), 5).model).toEqual(model);
    expect(withPlaces(other, { model }).model).toEqual(START.model);
  });
});

describe("a history is refused", () => {
  test.each<[object[], string]>([
    [[{ step: 5, change: { seed: 3 } }], "config field history.0: seed cannot change in a run"],
    [[{ step: 5, change: { latentSize: 3 } }], "latentSize cannot change in a run: it is the length of the noise"],
    [[{ step: 5, change: { images: { size: [8, 8] } } }], "images.size cannot change in a run"],
    [[{ step: 5, change: {} }, { step: 5, change: {} }], "history.1.step is 5, and the change before it is of step 5"],
    [[{ step: 5, change: { batch: 24 } }], "history.0: config field shard: a shard of 16 samples does not divide the batch of 24"],
    [[{ step: 5, change: { bacth: 64 } }], 'history.0: config: there is no field "bacth" (did you mean batch?)'],
    [[{ step: 0, change: {} }], "history.0.step"],
    [[{ step: 5, change: {}, why: "" }], 'config field history.0: there is no field "why" (did you mean step?)'],
  ])("%j", (history, says) => {
    expect(() => parseConfig({ ...START, history })).toThrow(says);
  }); // prettier-ignore
});
