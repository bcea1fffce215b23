// Systems measured in turns, and when their ratio means something.
import { expect, test } from "vitest";
import { type Speed, speedOf } from "../../../../deploy/bench/speed.ts";
import { measureInTurns, ratioOf, unsteadyText } from "../../../../deploy/bench/turns.ts";

const speed = (imagesPerSecond: number): Speed => speedOf([1000], [1000], imagesPerSecond);
const row = (...speeds: readonly number[]) => ({ system: "any", speeds: speeds.map(speed) });

test("every round measures each system once, in the same order", async () => {
  const order: string[] = [];
  const system = (name: string) => ({
    system: name,
    measure: () => {
      order.push(name);
      return Promise.resolve(speed(order.length));
    },
  });
  const rounds: (readonly [number, readonly number[]])[] = [];
  const rows = await measureInTurns([system("a"), system("b")], 2, (round, speeds) =>
    rounds.push([round, speeds.map(({ imagesPerSecond }) => imagesPerSecond)]),
  );
  expect(order).toEqual(["a", "b", "a", "b"]);
  expect(rounds).toEqual([
    [1, [1, 2]],
    [2, [3, 4]],
  ]);
  expect(rows.map(({ speeds }) => speeds.map(({ imagesPerSecond }) => imagesPerSecond))).toEqual([
    [1, 3],
    [2, 4],
  ]);
});

test("the ratio is the median of the rounds' ratios, whatever the machine's speed in each", () => {
  const { ratio, spread } = ratioOf(row(100, 52, 210), row(100, 50, 200)); // 1, 1.04, 1.05
  expect(ratio).toBeCloseTo(1.04, 9);
  expect(spread).toBeCloseTo(0.05 / 1.04, 9);
});

test("there is no ratio where the rounds disagree by more than 15 %", () => {
  expect(ratioOf(row(100, 115), row(100, 100)).ratio).toBeCloseTo(1.075, 9); // 0.15 / 1.075 = 14 %
  const { ratio, spread } = ratioOf(row(100, 120, 118), row(100, 100, 100)); // 0.2 / 1.18 = 17 %
  expect(ratio).toBeNull();
  expect(spread).toBeCloseTo(0.2 / 1.18, 9);
});

test("the ratio of processor times is there also where the rounds disagree", () => {
  const busy = (cpuMs: number) => speedOf([1000], [cpuMs], 1);
  const rows = [
    [10, 20, 40],
    [15, 40, 60],
  ].map((times) => ({ system: "any", speeds: times.map(busy) }));
  expect(ratioOf(rows[0], rows[1]).cpuRatio).toBe(1.5); // 1.5, 2, 1.5
});

test("rounds that disagree are told with the spread, the load and what to do", () => {
  expect(unsteadyText({ spread: 0.234 }, 3.456, 2)).toBe(
    "no ratio: the rounds disagree by 23 %, more than 15 % (load 3.46 on 2 cores): end what else runs here, or give more steps a round (--steps)",
  );
});

test("a stop ends the turns before the next system is measured", async () => {
  const controller = new AbortController();
  const measured: string[] = [];
  const system = (name: string) => ({
    system: name,
    measure: () => {
      measured.push(name);
      controller.abort(new Error("stopped"));
      return Promise.resolve(speed(1));
    },
  });
  const turns = measureInTurns([system("a"), system("b")], 2, () => undefined, controller.signal);
  await expect(turns).rejects.toThrow("stopped");
  expect(measured).toEqual(["a"]);
});
