// A real coordinator whose only node falls silent: the run says that it stalls, and that it continues.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Lease } from "../../shared/protocol/messages.ts";
import { temporaryFolder } from "../support/cli.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "performance"],
    }),
);
afterEach(() => void vi.useRealTimers());

test("a run whose node falls silent is stalled, names what is out and where, and trains on when it answers", async () => {
  const events: NumberedEvent[] = [];
  const owed: [FakeNode, Lease][] = [];
  const isStalled = (): boolean =>
    events.findLast((event) => event.type === "run")?.state === "stalled" && owed.length > 0;
  const run = smallRun({
    config: smallConfig(6),
    out: await temporaryFolder(),
    nodes: (hub) =>
      void startFakeNode({
        hub,
        id: "mute",
        onLease(node, lease) {
          const isSilent = lease.work.kind === "phase" && lease.work.step === 3 && !isStalled();
          if (isSilent) owed.push([node, lease]);
          else node.answer(lease);
        },
      }),
    onEvent: (event) => void events.push(event),
  });
  while (!isStalled()) {
    if (owed.length > 0) vi.advanceTimersByTime(1000);
    await new Promise(setImmediate);
  }
  for (const [node, lease] of owed) if (node.owes(lease)) node.answer(lease);
  const { outcome, error } = await run;

  expect(error, messageOf(error)).toBeNull();
  expect(outcome).toMatchObject({ state: "done", steps: 6 });
  const runs = events.filter((event) => event.type === "run");
  expect(runs.map(({ state }) => state)).toEqual(["preparing", "training", "stalled", "training", "done"]);
  const out = /shards 0-7 of phase \S+ at mute/.source;
  expect(runs[2].reason).toMatch(new RegExp(`^it waits for ${out}$`));
  const stalls = events.filter((event) => event.type === "warning" && event.code === "STALLED");
  expect(stalls).toEqual([
    expect.objectContaining({
      message: expect.stringMatching(new RegExp(`^no progress for 3[01] s, .*: it waits for ${out}, leased`)),
    }),
  ]);
});
