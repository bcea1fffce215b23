// Streams of bytes, cut anew.
import { expect, test } from "vitest";
import { cutPieces } from "../../../shared/cut-pieces.ts";

test("pieces of any lengths become pieces of one, and the last has the rest", async () => {
  const given = [[1, 2, 3, 4, 5], [], [6], [7, 8, 9, 10, 11, 12, 13]].map((bytes) => Uint8Array.from(bytes));
  const cut: number[][] = [];
  for await (const piece of cutPieces(given, 4)) cut.push([...piece]);
  expect(cut).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13]]);
});

test("each piece is its own, though the reader writes its buffer anew", async () => {
  async function* reused(): AsyncGenerator<Uint8Array> {
    const buffer = Uint8Array.of(1, 1);
    yield buffer;
    buffer.fill(2);
    yield buffer;
  }
  const cut: Uint8Array[] = [];
  for await (const piece of cutPieces(reused(), 2)) cut.push(piece);
  expect(cut.map((piece) => [...piece])).toEqual([
    [1, 1],
    [2, 2],
  ]);
});
