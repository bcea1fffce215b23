// What a run says when it has ended.
import { afterEach, expect, test, vi } from "vitest";
import { createDisplay } from "../../../deploy/display.ts";

const OUTCOME = {
  state: "done",
  steps: 12,
  images: 1536,
  seconds: 2,
  imagesPerSecond: 768,
  version: 12,
  weightsHash: "ab".repeat(32),
  run: "/runs/00001-a",
} as const;

afterEach(() => void vi.restoreAllMocks());

function saidOf(change: Partial<typeof OUTCOME | { imagesPerSecond: number }>): string {
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  createDisplay("plain").done({ ...OUTCOME, ...change });
  return write.mock.calls.map(([text]) => String(text)).join("");
}

test("a whole run tells its images and its time", () => {
  expect(saidOf({})).toContain("done: 12 steps, 1,536 images in 2.0 s (768 images/s)\n");
});

test("a resumed run tells how many of the images were of this session", () => {
  expect(saidOf({ imagesPerSecond: 128 })).toContain(
    "done: 12 steps, 1,536 images, 256 of them in 2.0 s (128 images/s)\n",
  );
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
