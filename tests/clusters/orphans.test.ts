// What `train` has started ends with it, also when it is killed and cannot say a word.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startCli, temporaryFolder } from "../support/cli.ts";
import { isLinux } from "../support/linux.ts";
import { alive, childrenOf } from "../support/processes.ts";

const ENDLESS = ["--preset", "digits", "--batch", "8", "--shard", "2", "--steps", "1000000"];
const NODES = 2;

describe.skipIf(!isLinux)("when train is killed, its worker processes end by themselves", () => {
  test.for([
    ["while they train", (event: string) => event === "step"],
    ["before they have joined", (event: string) => event === "run"],
  ] as const)("%s", async ([, isMoment]) => {
    const out = await temporaryFolder();
    const flags = [...ENDLESS, "--transport", "ws", "--workers", String(NODES), "--out", out];
    const running = startCli(["train", ...flags, "--json", "--dashboard", "off"]);
    await running.event(({ event }) => isMoment(event));
    const workers = await vi.waitFor(
      async () => {
        const children = await childrenOf(running.process.pid!);
        expect(children).toHaveLength(NODES);
        return children;
      },
      { timeout: 20_000 },
    );
    onTestFinished(async () => (await alive(workers)).forEach((pid) => process.kill(pid, "SIGKILL")));
    running.process.kill("SIGKILL");
    await expect.poll(() => alive(workers), { timeout: 20_000, interval: 100 }).toEqual([]); // their patience is 120 s
  });
});
