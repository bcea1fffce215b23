// A lease of pictures or features: cut into pieces, which any number of threads compute.
import { expect, test } from "vitest";
import type { ExtractorSpec } from "../../../shared/evaluation/extractor.ts";
import type { Lease, Plan } from "../../../shared/protocol/messages.ts";
import { SharedBuffers } from "../../../worker/buffers.ts";
import { LeaseWork } from "../../../worker/lease-work.ts";
import type { Computation } from "../../../worker/task.ts";
import { WeightsHolder } from "../../../worker/weights/weights-holder.ts";

const EXTRACTOR = { batch: 5, featureCount: 1, classCount: 1 } as ExtractorSpec;
const PLAN = {
  generate: { program: "", batch: 10, atOnce: 4, imageShape: [1, 1, 2] },
  extractor: EXTRACTOR,
} as unknown as Plan;

type Piece = Extract<Computation, { kind: "generate" | "features" }>;

/** Threads that write each image's number twice, and the pieces that they were given. */
function leaseWork(threads: number, onPiece: () => void = () => undefined) {
  const pieces: Piece[] = [];
  const run = (task: Computation): Promise<void> => {
    const piece = task as Piece;
    pieces.push(piece);
    for (let i = 0; i < piece.output.length; i++) piece.output[i] = piece.first + Math.floor(i / 2);
    onPiece();
    return Promise.resolve();
  };
  const pool = { run, close: () => Promise.resolve(), abandon: () => undefined };
  const weights = new WeightsHolder();
  return {
    pieces,
    work: new LeaseWork({ plan: PLAN, pool, threads, weights, buffers: new SharedBuffers() }),
  };
}

const GRID: Lease = { type: "lease", id: 1, version: 1, deadlineMs: 1000, work: { kind: "generate", first: 0, images: 10 } }; // prettier-ignore
const FEATURES: Lease = { ...GRID, work: { kind: "features", source: "generated", seed: 1, first: 8, images: 20 } }; // prettier-ignore

test.each([1, 3, 8])(
  "a grid is drawn in the pieces that the plan says, on %d threads, with the same weights",
  async (threads) => {
    const { pieces, work } = leaseWork(threads);
    const result = await work.compute(GRID, Float32Array.of(7), () => false);
    expect(Array.from(result!.vector)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]);
    expect(pieces.map(({ first, images }) => [first, images])).toEqual([[0, 4], [4, 4], [8, 2]]); // prettier-ignore
    for (const piece of pieces) expect(piece).toMatchObject({ whole: { first: 0, images: 10 } });
    expect(new Set(pieces.map(({ weights }) => weights!.copy)).size).toBe(1);
  },
);

test("features are computed in whole batches of the generator, enough for one of the extractor", async () => {
  const { pieces, work } = leaseWork(2);
  const result = await work.compute(FEATURES, Float32Array.of(7), () => false);
  expect(Array.from(result!.vector)).toEqual(Array.from({ length: 40 }, (_, i) => 8 + Math.floor(i / 2)));
  expect(pieces.map(({ first, images }) => [first, images])).toEqual([[8, 8], [16, 8], [24, 4]]); // prettier-ignore
});

test("of a lease that is cancelled on the way no further piece is begun, and nothing is answered", async () => {
  let isCancelled = false;
  const { pieces, work } = leaseWork(1, () => (isCancelled = true));
  expect(await work.compute(GRID, Float32Array.of(7), () => isCancelled)).toBeNull();
  expect(pieces).toHaveLength(1);
});
