// Every sample once an epoch, from any position.
import { expect, test } from "vitest";
import { SampleOrder } from "../../../../shared/data/sample-order.ts";
import { permutation } from "../../../../shared/random/random.ts";

test("is the permutations of the epochs, end to end", () => {
  const order = new SampleOrder(5, 4);
  const ids = Array.from({ length: 12 }, (_, position) => order.idAt(position));
  expect(ids).toEqual([...permutation(5, 0, 4), ...permutation(5, 1, 4), ...permutation(5, 2, 4)]);
});

test("gives every id once an epoch when batches straddle epochs", () => {
  const order = new SampleOrder(1, 10);
  // 10 batches of 7 are 70 samples, 7 epochs of 10.
  const ids: number[] = [];
  for (let batch = 0; batch < 10; batch++) {
    for (let i = 0; i < 7; i++) ids.push(order.idAt(batch * 7 + i));
  }
  for (let epoch = 0; epoch < 7; epoch++) {
    const used = ids.slice(epoch * 10, epoch * 10 + 10).sort((a, b) => a - b);
    expect(used).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
});

test("answers the same in any order of asking, far ahead too", () => {
  const [forwards, jumping] = [new SampleOrder(3, 6), new SampleOrder(3, 6)];
  const positions = [40, 3, 17, 18, 17, 0, 41, 6_000_000_001, 5];
  const wanted = new Map(positions.toSorted((a, b) => a - b).map((p) => [p, forwards.idAt(p)]));
  for (const position of positions) expect(jumping.idAt(position)).toBe(wanted.get(position));
});

test("keeps two epochs: a batch across their border costs no new permutation", () => {
  const count = 50_000;
  const order = new SampleOrder(3, count);
  order.idAt(count - 1);
  order.idAt(count);
  const started = performance.now();
  for (let i = 0; i < 2000; i++) order.idAt(count - (i % 2));
  // 2,000 shuffles of 50,000 ids would take over 4 s; 2,000 look-ups take under 1 ms.
  expect(performance.now() - started).toBeLessThan(1000);
});

test("refuses positions and counts that are no whole numbers", () => {
  for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(() => new SampleOrder(1, 10).idAt(bad)).toThrow(RangeError);
  }
  for (const bad of [0, -3, 1.5, Number.NaN]) expect(() => new SampleOrder(1, bad)).toThrow(RangeError);
});
