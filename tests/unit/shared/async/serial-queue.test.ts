// Tasks one after the other.
import { expect, test } from "vitest";
import { SerialQueue } from "../../../../shared/async/serial-queue.ts";

test("runs one task at a time, in order, also after one that failed", async () => {
  const queue = new SerialQueue();
  const seen: string[] = [];
  const ends: (() => void)[] = [];
  const task = (name: string) => async (): Promise<string> => {
    seen.push(`${name} begins`);
    await new Promise<void>((resolve) => ends.push(resolve));
    seen.push(`${name} ends`);
    if (name === "b") throw new Error("b failed");
    return name;
  };
  const [a, b, c] = ["a", "b", "c"].map((name) => queue.add(task(name)));
  const failure = expect(b).rejects.toThrow("b failed");
  for (let i = 0; i < 3; i++) {
    await expect.poll(() => ends.length).toBe(i + 1);
    ends[i]();
  }
  await queue.finished();
  await failure;
  expect(await Promise.all([a, c])).toEqual(["a", "c"]);
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});
