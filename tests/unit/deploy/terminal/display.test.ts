// What a run says of its nodes while it goes on, and when it has ended.
import { afterEach, expect, test, vi } from "vitest";
import type { NodeView, RunEvent } from "../../../../coordinator/dashboard/events.ts";
import type { Outcome } from "../../../../coordinator/main.ts";
import {
  type Display,
  type DisplayKind,
  type DisplayOptions,
  createDisplay,
} from "../../../../deploy/terminal/display.ts";

const OUTCOME: Outcome = {
  state: "done",
  steps: 12,
  images: 1536,
  seconds: 2,
  imagesPerSecond: 768,
  version: 12,
  weightsHash: "ab".repeat(32),
  run: "/runs/00001-a",
};

afterEach(() => void vi.restoreAllMocks());

function saidOf(change: Partial<Outcome>): string {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  createDisplay("plain").done({ ...OUTCOME, ...change });
  const said = write.mock.calls.map(([text]) => String(text)).join("");
  write.mockRestore();
  return said;
}

test("a whole run tells its images and its time", () => {
  expect(saidOf({})).toContain("done: 12 steps, 1,536 images in 2.0 s (768 images/s)\n");
});

test("a resumed run tells how many of the images were of this session", () => {
  expect(saidOf({ imagesPerSecond: 128 })).toContain(
    "done: 12 steps, 1,536 images, 256 of them in 2.0 s (128 images/s)\n",
  );
});

test("classes are told where labels are not their numbers, or where there is but one", () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const { event } = createDisplay("plain");
  const run = {
    type: "run",
    run: "00001-a",
    state: "preparing",
    preset: "digits",
    steps: 1,
    batch: 8,
    parameters: {},
    folder: "/runs/00001-a",
  } as const;
  const told = [
    { ...run, classes: 10 },
    { ...run, classes: 0 },
    { ...run, classes: 1 },
    { ...run, classes: 3, labels: [1, 2, 3] },
    { ...run, state: "training", classes: 3, labels: [1, 2, 3] } as const, // it is told once
  ];
  for (const [i, one] of told.entries()) event({ ...one, id: i + 1, time: "2026-01-01T00:00:00Z" });
  const said = write.mock.calls.map(([text]) => String(text));
  expect(said.filter((text) => /class/.test(text))).toEqual([
    "1 class: label 0\n",
    "3 classes: labels 1 to 3\n",
  ]);
});

test("a run that was stopped tells how it goes on, where there is something to go on from", () => {
  const stopped = { state: "stopped" } as const;
  expect(saidOf(stopped)).toMatch(
    /^run folder \/runs\/00001-a\nto go on: ganglion train --resume \/runs\/00001-a\n$/m,
  );
  expect(saidOf({ ...stopped, steps: 0 })).not.toContain("to go on");
  expect(saidOf({})).not.toContain("to go on");
});

test("where workers can join is told with every address of the machine, to programs too", () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  for (const kind of ["plain", "json"] as const) {
    createDisplay(kind).listening("ws://192.0.2.7:1", ["ws://198.51.100.7:1"]);
    createDisplay(kind).listening("ws://127.0.0.1:1");
  }
  expect(write.mock.calls.map(([text]) => text)).toEqual([
    "workers join at ws://192.0.2.7:1, or ws://198.51.100.7:1\n",
    "workers join at ws://127.0.0.1:1\n",
    '{"event":"listening","address":"ws://192.0.2.7:1","alsoAt":["ws://198.51.100.7:1"]}\n',
    '{"event":"listening","address":"ws://127.0.0.1:1"}\n',
  ]);
});

test("what was done to the data is told to people and programs, and not where it is to be quiet", () => {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  for (const kind of ["plain", "json", "quiet"] as const) createDisplay(kind).note("3 pictures in CMYK");
  expect(write.mock.calls.map(([text]) => text)).toEqual([
    "3 pictures in CMYK\n",
    '{"event":"note","message":"3 pictures in CMYK"}\n',
  ]);
});

test("a run that stalls shows no speed on the live line, and says when it continues", () => {
  let written = "";
  const display = createDisplay("live", { output: { write: (text) => (written += text) } });
  const hear = (event: RunEvent): void => display.event({ ...event, id: 1, time: "" });
  const run = { type: "run", run: "a", preset: "digits", steps: 9, batch: 4, parameters: {}, classes: 0, folder: "" } as const;
  hear({ ...run, state: "training" });
  hear({ type: "step", step: 3, version: 3, images: 12, epoch: 0, seconds: 1, imagesPerSecond: 12, remainingSeconds: 5, metrics: {}, gradientNorms: {}, layerGradientNorms: {} });
  expect(written).toMatch(/step 3\/9 {2}12 images\/s {2}5.0 s left$/);
  hear({ ...run, state: "stalled", reason: "it waits" });
  expect(written).toMatch(/step 3\/9 {2}stalled$/);
  hear({ ...run, state: "training" });
  expect(written).toMatch(/the run continues\n[^\n]*stalled$/);
  expect(written.match(/programs traced/g)).toHaveLength(1);
  display.close();
}); // prettier-ignore

const NODE: NodeView = { node: "here-0", threads: 1, engine: "graph", device: "cpu", state: "ready", prepareMs: 5, contributions: 0, faults: 0, shardMs: null }; // prettier-ignore

/** All that is written of these nodes in a run that begins and ends; the display's clock stands still. */
function saidOfNodes(
  kind: DisplayKind,
  options: DisplayOptions,
  nodes: readonly NodeView[],
  before: (display: Display) => void = () => undefined,
): string {
  let written = "";
  const display = createDisplay(kind, { ...options, output: { write: (text) => (written += text) } });
  const hear = (event: RunEvent): void => display.event({ ...event, id: 1, time: "" });
  const run = {
    type: "run",
    run: "a",
    preset: "digits",
    steps: 9,
    batch: 4,
    parameters: {},
    classes: 0,
    folder: "",
  } as const;
  before(display);
  hear({ type: "workers", nodes });
  hear({ ...run, state: "training" });
  hear({ ...run, state: "done" });
  hear({ type: "workers", nodes: [] });
  display.close();
  return written;
}

test("nodes are told before the training that they make possible, and their leaving at the end is not", () => {
  expect(saidOfNodes("live", { nodes: true }, [NODE])).toBe(
    "node here-0 joined: 1 thread, graph on cpu\n1 node ready\n0 programs traced in 0 ms, prepared in 5 ms\n",
  );
});

test("nodes of the same command are not told, and quiet says nothing", () => {
  expect(saidOfNodes("live", { isOwn: (node) => node === "here-0" }, [NODE])).not.toContain("node");
  expect(saidOfNodes("quiet", { nodes: true }, [NODE])).toBe("");
});

test("a node that speaks here by itself is not told again, by its name behind a user's either", () => {
  const speaks = (display: Display): void => display.relay("here-0", "joined ws://127.0.0.1:8701");
  const strange = { ...NODE, node: "there" };
  const own = { ...NODE, node: "gpu-1/here-0" };
  const said = saidOfNodes("plain", { nodes: true }, [NODE, own, strange], speaks);
  expect(said.match(/^.*nodes? .*$/gm)).toEqual([
    "node there joined: 1 thread, graph on cpu",
    "3 nodes ready",
  ]);
});
