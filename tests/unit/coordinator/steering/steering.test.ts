// Requests to a run: in their order, each answered once, and no more of them than a run can bear.
import { describe, expect, test } from "vitest";
import type { Answered, ControlRequest } from "../../../../coordinator/steering/requests.ts";
import { Steering } from "../../../../coordinator/steering/steering.ts";

function pause(id: string): ControlRequest {
  return { id, action: "pause" };
}

function open(now: () => number = () => 0): { readonly steering: Steering; readonly heard: Answered[] } {
  const heard: Answered[] = [];
  return { steering: new Steering({ heard: (answer) => void heard.push(answer), now }), heard };
}

describe("a request", () => {
  test("that is sent again gets the same answer, and is done once", async () => {
    const { steering, heard } = open();
    const first = steering.submit(pause("request-1"), "here");
    const again = steering.submit(pause("request-1"), "here");
    expect(steering.pending).toBe(1);
    steering.next(7)!.apply(7);
    expect(steering.next(7)).toBeNull();
    const late = steering.submit(pause("request-1"), "here");
    const answer = { id: "request-1", action: "pause", outcome: "applied", step: 7, said: [] };
    expect(await Promise.all([first, again, late])).toEqual([answer, answer, answer]);
    expect(heard).toEqual([answer]);
  });

  test("with the id of another is refused", async () => {
    const { steering } = open();
    void steering.submit(pause("request-1"), "here");
    const answer = await steering.submit({ id: "request-1", action: "resume" }, "here");
    expect(answer).toMatchObject({
      outcome: "refused",
      reason: expect.stringContaining("another request") as unknown,
    });
  });

  test("waits its turn", () => {
    const { steering } = open();
    for (const id of ["request-1", "request-2"]) void steering.submit(pause(id), "here");
    expect([steering.next(0), steering.next(0), steering.next(0)].map((one) => one?.request.id)).toEqual(["request-1", "request-2", undefined]); // prettier-ignore
  });

  test("to stop is done at once, whatever waits", async () => {
    const { steering } = open();
    void steering.submit(pause("request-1"), "here");
    expect(await steering.submit({ id: "request-2", action: "stop" }, "here")).toMatchObject({
      outcome: "applied",
    });
    expect(steering.stop.aborted).toBe(true);
  });

  test("that is not answered when the run ends is refused, and so is a later one", async () => {
    const { steering, heard } = open();
    const waiting = steering.submit(pause("request-1"), "here");
    steering.close("the run is over");
    expect(await waiting).toMatchObject({ outcome: "refused", reason: "the run is over" });
    expect(await steering.submit(pause("request-2"), "here")).toMatchObject({ reason: "the run is over" });
    expect(heard).toHaveLength(1);
  });
});

test("a flood is refused after twenty, until time has passed", async () => {
  let at = 0;
  const { steering, heard } = open(() => at);
  const flood = async (from: number): Promise<string[]> => {
    const answers = Array.from({ length: 50 }, (_, i) =>
      steering.submit(pause(`request-${from + i}`), "here"),
    );
    for (let asked = steering.next(0); asked; asked = steering.next(0)) asked.apply(0);
    return (await Promise.all(answers)).map(({ outcome }) => outcome);
  };
  expect((await flood(0)).filter((outcome) => outcome === "applied")).toHaveLength(20);
  at += 2000; // at two a second
  expect((await flood(100)).filter((outcome) => outcome === "applied")).toHaveLength(4);
  expect(heard).toHaveLength(24); // what was not taken in costs no line of the audit
});

test("no more than 32 requests wait for the end of a step", async () => {
  let at = 0;
  const { steering } = open(() => (at += 1000));
  const answers = Array.from({ length: 40 }, (_, i) => steering.submit(pause(`request-${i}`), "here"));
  expect(steering.pending).toBe(32);
  expect(await answers[39]).toMatchObject({
    outcome: "refused",
    reason: expect.stringContaining("32 requests") as unknown,
  });
});
