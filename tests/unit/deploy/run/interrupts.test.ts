import { expect, onTestFinished, test, vi } from "vitest";
import { catchInterrupts } from "../../../../deploy/run/interrupts.ts";

test("the first signal asks to stop, its echo is ignored, and the second ends the process; both are told", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
  onTestFinished(() => exit.mockRestore());
  const said: string[] = [];
  const interrupts = catchInterrupts((sentence) => said.push(sentence), "stopping");
  onTestFinished(() => interrupts.release());

  process.emit("SIGINT");
  expect(interrupts.stop.aborted).toBe(true);
  vi.advanceTimersByTime(200); // as npm passes on a terminal's Ctrl-C once more
  process.emit("SIGINT");
  expect([said, exit.mock.calls]).toEqual([["stopping"], []]);
  vi.advanceTimersByTime(200);
  process.emit("SIGINT");
  expect(said).toEqual(["stopping", "ended at once, in the middle of its work"]);
  expect(exit.mock.calls).toEqual([[1]]);
});
