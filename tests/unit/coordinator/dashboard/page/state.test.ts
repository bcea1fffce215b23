// What the page knows of a run, without a browser.
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../../../../coordinator/dashboard/events.ts";
import { AT_NEWEST, moved, played } from "../../../../../coordinator/dashboard/page/state/cursor.ts";
import {
  type Grid,
  indexAt,
  mergedGrids,
  seenItems,
} from "../../../../../coordinator/dashboard/page/state/grids.ts";
import {
  afterEvent,
  afterGap,
  EMPTY,
  type RunView,
} from "../../../../../coordinator/dashboard/page/state/run-view.ts";
import { counted, partsOf } from "../../../../../coordinator/dashboard/page/state/warnings.ts";
import { healthOf } from "../../../../../coordinator/dashboard/page/run/health.ts";
import { ago, duration, number, whole } from "../../../../../coordinator/dashboard/page/words/format.ts";
import { NODE } from "../../../../support/page-fixture.ts";
import { runEvent, stepEvent, warningEvent } from "../support.ts";

describe("the view of a run", () => {
  test("another run begins anew", () => {
    const first = viewOf(runEvent(), stepEvent(3), warningEvent("x"));
    const other = { ...runEvent(), run: "00008-other" } as RunEvent;
    expect(after(first, other)).toMatchObject({ step: null, warnings: [], run: { run: "00008-other" } });
    expect(after(first, runEvent("done")).step?.step).toBe(3);
  });

  test("the log tells what changed of nodes, and of many how many", () => {
    const many = Array.from({ length: 6 }, (_, i) => ({ ...NODE, node: `node-${i + 2}` }));
    const view = viewOf(
      { type: "workers", nodes: [{ ...NODE, state: "joining" }] },
      { type: "workers", nodes: [NODE, ...many] },
      { type: "workers", nodes: many },
    );
    expect(view.log.map(({ text }) => text)).toEqual(["node-1 left", "7 nodes ready", "node-1 joining"]);
  });

  test("what is no longer kept is told", () => {
    expect(afterGap(EMPTY, 12, "now").log[0].text).toBe("12 earlier events of this log are no longer kept");
    expect(afterGap(EMPTY, 0, "now").log).toEqual([]);
  });

  test("a warning that comes again with other numbers is there once, as it was told last, since its first step", () => {
    const dead = (text: string): RunEvent => ({ type: "warning", code: "C", message: text });
    const view = viewOf(
      stepEvent(7),
      dead("64 of generator/03 are 0.1 apart"),
      dead("64 of generator/04 are 0.1 apart"),
      stepEvent(20),
      dead("3 of generator/03 are 7e-5 apart (the last of 2 more like it within 10 s)"),
    );
    expect(view.warnings).toMatchObject([
      { message: expect.stringContaining("7e-5"), times: 2, firstStep: 7, lastStep: 20 },
      { message: expect.stringContaining("04"), times: 1, firstStep: 7, lastStep: 7 },
    ]);
  });

  test("what the server counted since the run began counts, and what came since is kept", () => {
    const view = viewOf(stepEvent(7), warningEvent("3 nodes left"), warningEvent("new"));
    const all = [{ code: "TEST", message: "2 nodes left", firstStep: 0, lastStep: 7, times: 9 }];
    expect(counted(view.warnings, all)).toMatchObject([
      { message: "new", times: 1 },
      { message: "2 nodes left", times: 9, firstStep: null, lastStep: 7, time: expect.any(String) },
    ]);
  });

  test("the guard's messages end with a remedy, others do not", () => {
    const message = "all images are one; look whether the noise reaches the output";
    expect(partsOf({ code: "GENERATOR_COLLAPSE", message })).toEqual({
      diagnosis: "all images are one",
      remedy: "look whether the noise reaches the output",
    });
    expect(partsOf({ code: "LISTENER", message }).remedy).toBeNull();
  });
});

describe("grids", () => {
  const grids = [10, 20, 30].map(gridAt);

  test("a cursor shows the newest grid that was drawn at its step or before", () => {
    expect([null, 5, 10, 19, 20, 99].map((step) => indexAt(grids, step))).toEqual([2, 0, 0, 0, 1, 2]);
    expect(indexAt([], 4)).toBe(-1);
  });

  test("lists of grids become one, and a grid keeps its thumbnail", () => {
    const small = { ...gridAt(20), thumb: "/small" };
    expect(mergedGrids([gridAt(10), small], [gridAt(20), gridAt(15)])).toEqual([
      gridAt(10),
      gridAt(15),
      small,
    ]);
    expect(mergedGrids([gridAt(10), gridAt(20)], [small])).toEqual([gridAt(10), small]);
    const ofRun = { ...small, url: "/runs/00007/samples/20.png" };
    expect(mergedGrids([ofRun], [gridAt(20)])).toEqual([small]);
  });

  test("those beyond the step that the run went back to are gone, and a refused rollback leaves them", () => {
    const drawn = [10, 20, 30].map((step) => ({ type: "samples", step, file: "", url: `samples/${step}.png` }) as const); // prettier-ignore
    const asked = { type: "control", request: "r", action: "rollback", step: 20, from: "", message: "" } as const; // prettier-ignore
    const stepsAfter = (outcome: "applied" | "refused"): number[] =>
      viewOf(...drawn, { ...asked, outcome }).grids.map(({ step }) => step);
    expect([stepsAfter("applied"), stepsAfter("refused")]).toEqual([[10, 20], [10, 20, 30]]); // prettier-ignore
  });

  test("of 2,000 thumbnails those are drawn that are seen, and four to both sides", () => {
    expect(seenItems({ scroll: 7200, width: 720, size: 72 }, 2000)).toEqual({ from: 96, to: 114 });
    expect(seenItems({ scroll: 0, width: 720, size: 72 }, 3)).toEqual({ from: 0, to: 3 });
  });

  test("the cursor moves by grids, and on the last one it follows the newest again", () => {
    const at20 = { ...AT_NEWEST, step: 20 };
    expect([moved(at20, grids, -1).step, moved(at20, grids, 1).step]).toEqual([10, null]);
    expect(moved(AT_NEWEST, grids, -Infinity).step).toBe(10);
    expect(moved(AT_NEWEST, [], 1)).toBe(AT_NEWEST);
  });

  test("playing begins with the first grid where the cursor is on the last", () => {
    expect(played(AT_NEWEST, grids)).toMatchObject({ isPlaying: true, step: 10 });
    expect(played({ ...AT_NEWEST, step: 20 }, grids)).toMatchObject({ isPlaying: true, step: 20 });
    expect(played(AT_NEWEST, [gridAt(10)]).isPlaying).toBe(false);
  });
});

test("health is a word and a sentence", () => {
  const told = (event: RunEvent): string => {
    const { state, sentence } = healthOf(viewOf(runEvent(), stepEvent(128), event));
    return `${state}. ${sentence}`;
  };
  expect(told(runEvent())).toBe("training. At 128 images/s the rest takes 1 h 02 min.");
  expect(told({ ...runEvent("stalled"), reason: "it waits for shard 3" } as RunEvent)).toBe(
    "stalled. No step is made although nodes are ready: it waits for shard 3",
  );
  expect(told({ ...runEvent("failed"), reason: "the disk is full" } as RunEvent)).toBe(
    "failed. It failed at step 128 of 500: the disk is full",
  );
  expect(told(runEvent("done"))).toBe("done. All 128 steps are made, with 8,192 images.");
});

test("numbers and times are short", () => {
  expect([1 / 3, 2, 12_345.6, 999.96, 0, 3e-7, null].map(number)).toEqual([
    "0.3333",
    "2",
    "12,346",
    "1,000",
    "0",
    "3e-7",
    "not a number",
  ]);
  expect([4.23, 59.7, 185, 7800, 400_000, null].map(duration)).toEqual([
    "4.2 s",
    "1 min 00 s",
    "3 min 05 s",
    "2 h 10 min",
    "4 d 15 h",
    "unknown",
  ]);
  expect([-3, 59, 61, 7300, 200_000].map(ago)).toEqual(["0 s", "59 s", "1 min", "2 h", "2 d"]);
  expect([61_203, undefined].map(whole)).toEqual(["61,203", "?"]);
});

function gridAt(step: number): Grid {
  return { step, url: `samples/${step}.png`, thumb: `samples/${step}.png` };
}

function viewOf(...events: readonly RunEvent[]): RunView {
  return events.reduce(after, EMPTY);
}

function after(view: RunView, event: RunEvent): RunView {
  return afterEvent(view, { ...event, id: 1, time: "2026-01-01T00:00:00.000Z" });
}
