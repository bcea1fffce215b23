// Lines that come in quick succession are written in one go, with a clock that the test moves.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { GATHER_MS, GatheredWrites } from "../../../../../coordinator/records/files/gathered-writes.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

function gathered(): { readonly writes: GatheredWrites; readonly written: string[] } {
  const written: string[] = [];
  const writes = new GatheredWrites(async (text) => void written.push(text));
  return { writes, written };
}

test("the first line is written at once, what follows it soon in one go, in order", async () => {
  const { writes, written } = gathered();
  writes.write("1\n");
  expect(written).toEqual(["1\n"]);
  for (const line of ["2\n", "3\n", "4\n"]) writes.write(line);
  await vi.advanceTimersByTimeAsync(GATHER_MS - 1);
  expect(written).toEqual(["1\n"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(written).toEqual(["1\n", "2\n3\n4\n"]);
});

test("lines that come seldom do not wait", async () => {
  const { writes, written } = gathered();
  for (const line of ["1\n", "2\n"]) {
    writes.write(line);
    expect(written.at(-1)).toBe(line);
    await vi.advanceTimersByTimeAsync(GATHER_MS);
  }
});

test("flushing waits for no pause, and leaves nothing to be written twice", async () => {
  const { writes, written } = gathered();
  for (const line of ["1\n", "2\n", "3\n"]) writes.write(line);
  await writes.flush();
  expect(written).toEqual(["1\n", "2\n3\n"]);
  await vi.advanceTimersByTimeAsync(10 * GATHER_MS);
  expect(written).toEqual(["1\n", "2\n3\n"]);
});
