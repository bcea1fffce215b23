// A run that has made all its steps, resumed: nothing is computed, and nothing is wrong.
import { expect, test } from "vitest";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { temporaryFolder } from "../support/cli.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

test("a node that joins as the coordinator closes is no warning", async () => {
  const [out, config] = [await temporaryFolder(), smallConfig(1)];
  const first = await smallRun({
    config,
    out,
    nodes: (hub) =>
      void startFakeNode({ hub, id: "a", onLease: (node, lease) => node.answer(lease, (result) => result) }),
  });
  expect(first.error).toBeNull();
  const events: NumberedEvent[] = [];
  const again = await smallRun({
    config,
    out,
    resume: first.folder.path,
    nodes: (hub) => void startFakeNode({ hub, id: "a", onLease: () => undefined }),
    onEvent: (event) => void events.push(event),
  });
  expect(again.outcome).toMatchObject({ state: "done", steps: 1 });
  expect(events.filter(({ type }) => type === "warning")).toEqual([]);
});
