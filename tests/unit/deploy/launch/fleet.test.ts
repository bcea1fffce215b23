// The nodes of a cluster as real processes: small shell scripts in the place of workers, and a clock that the test turns.
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Host } from "../../../../deploy/launch/cluster-file/host.ts";
import { Fleet } from "../../../../deploy/launch/fleet.ts";
import { placementOn } from "../../../../deploy/launch/launch-plan.ts";
import { temporaryFolder } from "../../../support/cli.ts";

/** Reads its token, tells it with its arguments, and stays until its input ends. */
const PATIENT = 'read -r token; echo "$token $*"; cat >/dev/null';

describe("a node", () => {
  test("is given the token on its input, and ends when that ends", async () => {
    const fleet = await fleetOf(PATIENT);
    fleet.nodes.start(placementOn(fleet.host, 0));
    await fleet.heard("s3cret worker --join ws://here --node h-0 --threads 1 --launched");
    await fleet.nodes.stop();
    expect(fleet.nodes.names).toEqual([]);
    expect(fleet.warnings).toEqual([]);
  });

  test("that fails is started again after 10, 20, 40 and 80 seconds, and then benched", async () => {
    const fleet = await fleetOf("exit 3");
    fleet.nodes.start(placementOn(fleet.host, 0));
    await vi.waitFor(() => expect(fleet.nodes.names).toEqual([]), { timeout: 10_000 });
    expect(fleet.pauses).toEqual([10_000, 20_000, 40_000, 80_000]);
    expect(fleet.warnings[0]).toBe("h-0 ended with exit code 3: it is started again in 10 s");
    expect(fleet.warnings.at(-1)).toBe("h-0 ended with exit code 3: it is benched after 5 crashes in a row");
  });

  test("that ends because the run is over is left alone", async () => {
    const fleet = await fleetOf("exit 0");
    fleet.nodes.start(placementOn(fleet.host, 0));
    await vi.waitFor(() => expect(fleet.nodes.names).toEqual([]));
    expect(fleet.pauses).toEqual([]);
    expect(fleet.spent).toEqual([]);
  });

  test("that fails is told with the last words of its own, and no line of its stack", async () => {
    const fleet = await fleetOf(
      'printf "%s\\n" "ganglion: the disk is full" "    at write (disk.js:1)" >&2; exit 1',
    );
    fleet.nodes.start(placementOn(fleet.host, 0));
    const said = "h-0 ended with exit code 1 (the disk is full): it is started again in 10 s";
    await vi.waitFor(() => expect(fleet.warnings[0]).toBe(said));
    await fleet.nodes.stop();
  });

  test("that refuses its flags is not started again", async () => {
    const fleet = await fleetOf("echo \"error: option '--device' argument 'gpu' is invalid\" >&2; exit 2");
    fleet.nodes.start(placementOn(fleet.host, 0));
    await vi.waitFor(() => expect(fleet.spent).toHaveLength(1));
    expect(fleet.pauses).toEqual([]);
    expect(fleet.warnings).toEqual([
      "h-0 ended with exit code 2 (option '--device' argument 'gpu' is invalid): it would fail again, so it is benched",
    ]);
  });

  test.each<[what: string, change: Partial<Host>, says: string]>([
    ["that there is not", { program: "/nowhere/ganglion" }, "h-0 could not be started: spawn /nowhere/ganglion ENOENT: correct program"],
    ["that a scheduler's shell does not find", { reach: { kind: "command", command: "no-such-srun {command}" } }, "correct command or program of host h in the cluster file"],
  ])("whose program is one %s is told so, and not started again", async (_what, change, says) => {
    const fleet = await fleetOf(PATIENT, change);
    fleet.nodes.start(placementOn(fleet.host, 0));
    await vi.waitFor(() => expect(fleet.spent).toHaveLength(1));
    expect(fleet.pauses).toEqual([]);
    expect(fleet.warnings).toEqual(fleet.spent);
    expect(fleet.warnings[0]).toContain(says);
  }); // prettier-ignore

  test("on a host that the file does not name, whose program there is not, is told of the defaults", async () => {
    const fleet = await fleetOf(PATIENT);
    fleet.nodes.add({ ...fleet.host, name: "new", program: "/nowhere/ganglion" }, 1);
    await vi.waitFor(() => expect(fleet.spent).toHaveLength(1));
    expect(fleet.warnings[0]).toContain(
      "correct program (how Ganglion is started there) of the defaults in the cluster file",
    );
  });

  test("that is benched says nothing of an end while another goes on", async () => {
    const fleet = await fleetOf(PATIENT);
    fleet.nodes.start(placementOn(fleet.host, 0));
    fleet.nodes.start(placementOn({ ...fleet.host, program: "/nowhere/ganglion" }, 1));
    await vi.waitFor(() => expect(fleet.nodes.names).toEqual(["h-0"]));
    expect(fleet.warnings).toHaveLength(1);
    expect(fleet.spent).toEqual([]);
    await fleet.nodes.stop();
  });
});

describe("scaling", () => {
  test("starts nodes up to the number, and lets the newest go down to it", async () => {
    const fleet = await fleetOf(PATIENT);
    fleet.nodes.scaleTo(3);
    expect(fleet.nodes.names).toEqual(["h-0", "h-1", "h-2"]);
    fleet.nodes.scaleTo(1);
    expect(fleet.nodes.names).toEqual(["h-0"]);
    fleet.nodes.scaleTo(2);
    expect(fleet.nodes.names).toEqual(["h-0", "h-1"]);
    await fleet.nodes.stop();
  });

  test("takes free GPUs in the file's order, and says when there are none left", async () => {
    const fleet = await fleetOf(PATIENT, { gpus: 2 });
    fleet.nodes.scaleTo(2);
    expect(() => fleet.nodes.scaleTo(3)).toThrow(
      /^3 nodes are more than the cluster's hosts have room for \(a node a GPU, .*: h 2\): add a host/,
    );
    expect(fleet.nodes.names).toEqual(["h-0", "h-1"]);
    fleet.nodes.add({ ...fleet.host, name: "new", gpus: 1 }, 1);
    expect(fleet.nodes.names).toEqual(["h-0", "h-1", "new-0"]);
    await fleet.nodes.stop();
  });
});

describe("adding nodes", () => {
  const PINNED = 'read -r token; echo "$5 on GPU $CUDA_VISIBLE_DEVICES"; cat >/dev/null';

  test("to a host that came so before gives each a GPU of its own", async () => {
    const fleet = await fleetOf(PINNED);
    const more = { ...fleet.host, name: "new" };
    fleet.nodes.add({ ...more, gpus: 2 }, 2);
    fleet.nodes.add({ ...more, gpus: 1 }, 1);
    for (const gpu of [0, 1, 2]) await fleet.heard(`new-${gpu} on GPU ${gpu}`);
    expect(fleet.nodes.names).toEqual(["new-0", "new-1", "new-2"]);
    await fleet.nodes.stop();
  });

  test("beyond what a host of the file has is refused, and starts none", async () => {
    const fleet = await fleetOf(PINNED, { gpus: 2 });
    fleet.nodes.add(fleet.host, 1);
    expect(() => fleet.nodes.add(fleet.host, 2)).toThrow(
      "h has room for 2 nodes, and 1 are there: ask for fewer, or write its gpus in the cluster file",
    );
    fleet.nodes.add(fleet.host, 1);
    for (const gpu of [0, 1]) await fleet.heard(`h-${gpu} on GPU ${gpu}`);
    await fleet.nodes.stop();
  });
});

interface FleetUnderTest {
  readonly nodes: Fleet;
  readonly host: Host;
  readonly warnings: string[];
  /** What was told when the last node was benched. */
  readonly spent: string[];
  /** The pauses it asked for; each is over at once. */
  readonly pauses: number[];
  heard(line: string): Promise<void>;
}

async function fleetOf(script: string, change: Partial<Host> = {}): Promise<FleetUnderTest> {
  const program = join(await temporaryFolder(), "worker.sh");
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const host: Host = { name: "h", reach: { kind: "local" }, program, threads: 1, environment: {}, ...change };
  const [lines, warnings, spent, pauses]: [string[], string[], string[], number[]] = [[], [], [], []];
  const nodes = new Fleet({
    hosts: [host],
    join: "ws://here",
    token: "s3cret",
    log: (_node, text) => lines.push(text),
    warn: (message) => warnings.push(message),
    spent: (why) => spent.push(why),
    pause: async (milliseconds) => void pauses.push(milliseconds),
  });
  onTestFinished(() => nodes.kill());
  return {
    nodes,
    host,
    warnings,
    spent,
    pauses,
    heard: (line) => vi.waitFor(() => expect(lines).toContain(line), { timeout: 10_000 }),
  };
}
