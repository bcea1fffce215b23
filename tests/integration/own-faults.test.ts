// A coordinator that would send what its nodes refuse: the run fails with what it was, loudly, and with a checkpoint.
import { expect, test } from "vitest";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import type { Lease, Message } from "../../shared/protocol/messages.ts";
import type { MemoryHub } from "../../shared/transport/memory.ts";
import { temporaryFolder } from "../support/cli.ts";
import { type FakeNode, startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

const STEPS = 5;
const PHASES = 3;
const config = smallConfig(STEPS, { checkpointEvery: 1000 });

type OnLease = (node: FakeNode, lease: Lease, hub: MemoryHub) => void;

const one = (onLease: OnLease = (node, lease) => node.answer(lease)) => ({
  nodes: (hub: MemoryHub) =>
    void startFakeNode({ hub, id: "a", onLease: (node, lease) => onLease(node, lease, hub) }),
});

test.each<[string, (hub: MemoryHub, message: Message) => Promise<void>]>([
  ["to all", (hub, message) => hub.broadcast(message)],
  ["to all, whatever picks them", (hub, message) => hub.broadcast(message, new Float32Array(1), () => false)],
])(
  "a message that its receivers would refuse ends the run, sent %s, where nobody waits for it",
  async (_, send) => {
    const out = await temporaryFolder();
    const events: NumberedEvent[] = [];
    const run = await smallRun({
      config,
      out,
      onEvent: (event) => events.push(event),
      ...one((node, lease, hub) => {
        const { work } = lease;
        if (work.kind !== "phase" || work.step < 3) node.answer(lease);
        else void send(hub, { type: "cancel", lease: Number.NaN }).catch(() => undefined);
      }),
    });
    const message =
      "this program would send a cancel that its receiver refuses: lease: NaN (Invalid input: expected number, received NaN); this is a defect, please report it";
    expect(run.error).toMatchObject({ code: "PROTOCOL", exitCode: 1, message });
    expect(events.findLast(({ type }) => type === "run")).toMatchObject({ state: "failed", reason: message });
    const { checkpoint } = await loadNewestCheckpoint(run.folder);
    expect(checkpoint).toMatchObject({ step: 3, version: 3 * PHASES });

    const resumed = await smallRun({ config, out, resume: run.folder.path, ...one() });
    const healthy = await smallRun({ config, out, ...one() });
    expect(resumed.outcome).toMatchObject({ state: "done", weightsHash: healthy.outcome?.weightsHash });
  },
);
