// Launched clusters with a broker of their own: coordinator, nats-server, three nodes; one Ctrl-C, and nothing is left.
import { access, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { type Running, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { watchCluster } from "../support/clusters.ts";
import { findNatsServer } from "../support/find-nats-server.ts";
import { freePort } from "../support/free-port.ts";
import { alive, descendantsOf } from "../support/processes.ts";

const ENDLESS = 1_000_000;

/** Of a step that is soon made, and of one that takes seconds. */
const QUICK = { preset: "digits", batch: 32, shard: 4 };
const SLOW = { preset: "seed-gan", batch: 2048, shard: 128 };

/** Three nodes on two hosts of this machine. */
async function launch(steps: number, ...flags: string[]): Promise<Running> {
  return launchRun({ ...QUICK, steps }, ...flags);
}

async function launchRun(flagsOfRun: object, ...flags: string[]): Promise<Running> {
  const out = await temporaryFolder();
  const file = join(out, "cluster.yaml");
  const run = { ...flagsOfRun, dashboard: "off", out };
  const broker = { kind: "start", listen: `127.0.0.1:${await freePort()}`, program: await findNatsServer() };
  await writeFile(file, stringify({ run, broker, hosts: [{ name: "first", nodes: 2 }, { name: "second" }] }));
  return startCli(["launch", file, ...flags]);
}

/** Every process that the launcher started, and what those started. */
async function startedBy(running: Running): Promise<readonly number[]> {
  const pids = await descendantsOf(running.process.pid!);
  const commands = await commandsOf(pids);
  const count = (pattern: RegExp): number => commands.filter((command) => pattern.test(command)).length;
  expect([count(/\0coordinator\0/), count(/\0worker\0/), count(/^[^\0]*nats-server\0/)]).toEqual([1, 3, 1]);
  return pids;
}

function commandsOf(pids: readonly number[]): Promise<string[]> {
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8")));
}

async function serverOf(pids: readonly number[]): Promise<number> {
  return pids[(await commandsOf(pids)).findIndex((command) => /^[^\0]*nats-server\0/.test(command))];
}

/** Where its configuration and what it has stored are. */
async function brokerFolder(pids: readonly number[]): Promise<string> {
  const [config] = (await commandsOf(pids)).flatMap(
    (command) => /\0-c\0([^\0]+nats\.conf)\0/.exec(command)?.[1] ?? [],
  );
  return dirname(config);
}

test("one Ctrl-C stops the coordinator with a checkpoint, three nodes and the broker", async () => {
  const { running, ready, step, folder } = watchCluster(await launch(ENDLESS, "--json"));
  await ready(3);
  await step(1);
  const pids = await startedBy(running);
  running.process.kill("SIGINT");
  const { code, events, stderr } = await running.finished;
  expect([code, stderr]).toEqual([0, ""]);
  expect(events.at(-1)).toMatchObject({ event: "done" });
  expect(await readdir(join(await folder, "checkpoints"))).toHaveLength(1);
  expect(await alive(pids)).toEqual([]);
});

test("a launcher that is killed outright takes its broker with it too, and what that had in a folder", async () => {
  const { running, ready } = watchCluster(await launch(ENDLESS, "--json"));
  await ready(3);
  const pids = await startedBy(running);
  const folder = await brokerFolder(pids);
  await access(folder);
  running.process.kill("SIGKILL");
  await running.finished;
  await vi.waitFor(async () => expect(await alive(pids)).toEqual([]), { timeout: 30_000 });
  await expect(access(folder)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a broker that is killed is started again, and the run goes on to the weights of one without", async () => {
  const { running, ready, step } = watchCluster(await launch(150, "--json"));
  await ready(3);
  await step(1);
  const pids = await startedBy(running);
  process.kill(await serverOf(pids), "SIGKILL");
  const { code, events, stderr } = await running.finished;
  expect([code, stderr]).toEqual([0, ""]);
  const warnings = events.filter(({ event }) => event === "warning").map(({ message }) => message);
  expect(warnings).toContainEqual(
    expect.stringMatching(/^the broker ended \(.*137.*\): it is started again in 1 s$/),
  );
  expect(warnings).toContainEqual(expect.stringMatching(/^the NATS server at nats:\S+ is back after /));
  const alone = await trainJson(["--preset", "digits", "--batch", "32", "--shard", "4", "--steps", "150"]);
  expect(events.at(-1)).toMatchObject({ event: "done", steps: 150, weightsHash: alone.weightsHash });
  expect(await alive(pids)).toEqual([]);
});

test("a second Ctrl-C ends all at once, and leaves nothing of the broker", async () => {
  const { running, ready } = watchCluster(await launchRun({ ...SLOW, steps: ENDLESS }, "--json"));
  await ready(3);
  const pids = await startedBy(running);
  const folder = await brokerFolder(pids);
  process.kill(running.process.pid!, "SIGINT");
  await vi.waitFor(
    async () => {
      running.process.kill("SIGINT"); // what follows within 300 ms is taken for the same
      expect(await alive([running.process.pid!])).toEqual([]);
    },
    { timeout: 30_000, interval: 350 },
  );
  expect((await running.finished).code).toBe(1);
  await vi.waitFor(async () => expect(await alive(pids)).toEqual([]), { timeout: 30_000 });
  await expect(access(folder)).rejects.toMatchObject({ code: "ENOENT" });
});

test("people read one line of progress, and what each node says behind its name", async () => {
  const { code, stdout, stderr } = await (await launch(3)).finished;
  expect([code, stderr]).toEqual([0, ""]);
  const lines = stdout.split("\n");
  for (const node of ["first-0", "first-1", "second-0"]) {
    expect(lines).toContain(`[${node}] engine graph`);
    expect(lines).toContainEqual(expect.stringMatching(`^\\[${node}\\] left nats://.*: the run is over$`));
  }
  expect(lines.filter((line) => line.startsWith("step "))).toHaveLength(1);
  expect(lines).toContainEqual(expect.stringMatching(/^done: 3 steps, 96 images in /));
});
