// Launched clusters: real coordinators and workers, scaled while they train, stopped with nothing left behind.
import { randomBytes } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { viewOfFolder } from "../../deploy/status/run-view.ts";
import { makeCertificate } from "../support/certificate.ts";
import { runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { type WatchedCluster, watchCluster } from "../support/clusters.ts";
import { freePort } from "../support/free-port.ts";
import { reachableHosts } from "../../shared/transport/tls/own-addresses.ts";
import { connectNatsServer } from "../../shared/transport/nats/client/client.ts";
import { natsServer } from "../support/nats-server.ts";
import { startSshServer } from "../support/sshd.ts";

const CLI = fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url));

/** Eight shards a phase, so that every node has work. */
const RUN = { preset: "digits", batch: 32, shard: 4, seed: 7, dashboard: "off" } as const;
const LONG = 100_000;

interface MarkedCluster extends WatchedCluster {
  /** In the command line of every node of this cluster, and of no other process. */
  readonly mark: string;
}

/** `hosts` by name; the mark is added to it. */
async function startCluster(
  run: object,
  hosts: readonly object[],
  between: object = { coordinator: { listen: "127.0.0.1:0" } },
): Promise<MarkedCluster> {
  const mark = `h${randomBytes(4).toString("hex")}`;
  const out = await temporaryFolder();
  const file = join(out, "cluster.yaml");
  const named = hosts.map((host, i) => ({ ...host, name: `${mark}-${i}` }));
  await writeFile(file, stringify({ run: { ...RUN, out, ...run }, ...between, hosts: named }));
  return { ...watchCluster(startCli(["launch", file, "--json"])), mark };
}

/** Command lines of this machine's processes that hold the mark. */
async function processesWith(mark: string): Promise<string[]> {
  const lines = (await readdir("/proc"))
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")); // it may end meanwhile
  return (await Promise.all(lines)).filter((line) => line.includes(mark));
}

async function nothingLeft(mark: string): Promise<void> {
  await vi.waitFor(async () => expect(await processesWith(mark)).toEqual([]), { timeout: 30_000 });
}

test("a cluster that is scaled up, and down again, ends with the weights of one worker, and leaves nothing", async () => {
  const steps = 150;
  const { running, mark, ready, folder } = await startCluster({ steps }, [{ nodes: 2 }, {}]);
  await ready(3);
  const run = await folder;
  expect((await runCli(["scale", run, "5"])).stdout).toMatch(/^5 nodes: /);
  await ready(5);
  const folderOfRun = await findRun(run);
  await vi.waitFor(
    async () => {
      const { life, record } = await viewOfFolder(folderOfRun); // what `ganglion status` shows
      expect([life, record.steps, record.nodes.length]).toEqual(["going", steps, 5]);
    },
    { timeout: 10_000 },
  );
  const fewer = await runCli(["scale", run, "1"]);
  expect(fewer).toMatchObject({ code: 0, stdout: `1 node: ${mark}-0-0` });
  await ready(1);
  const { code, events } = await running.finished;
  expect(code).toBe(0);
  const last = events.at(-1)!;
  expect(last).toMatchObject({ event: "done", steps });
  const flags = Object.entries({ ...RUN, steps, out: await temporaryFolder(), workers: 1 });
  const alone = await trainJson(
    flags.filter(([name]) => name !== "dashboard").flatMap(([name, value]) => [`--${name}`, String(value)]),
  );
  expect(last["weightsHash"]).toBe(alone["weightsHash"]);
  expect(await processesWith(mark)).toEqual([]);
  expect((await runCli(["scale", run, "2"])).stderr).toContain("has no launcher");
});

test("one Ctrl-C stops the run with a checkpoint and every node", async () => {
  const { running, mark, ready, step, folder } = await startCluster({ steps: LONG }, [{ nodes: 2 }]);
  await ready(2);
  await step(1);
  expect((await processesWith(mark)).length).toBeGreaterThanOrEqual(2); // so that finding none means something
  running.process.kill("SIGINT");
  const { code, events } = await running.finished;
  expect(code).toBe(0);
  expect(events.at(-1)).toMatchObject({ event: "done" });
  expect(await readdir(join(await folder, "checkpoints"))).toHaveLength(1);
  expect(await processesWith(mark)).toEqual([]);
});

test.each(["ws", "nats"])("coordinator and nodes meet over TLS, by %s", async (transport) => {
  const { certFile, keyFile } = await makeCertificate();
  const config = `tls { cert_file: "${certFile}", key_file: "${keyFile}" }\nauthorization { token: s3cret }`;
  const url = (): Promise<string> =>
    natsServer({ config, jetStream: true }).then((server) => server.url.replace("nats:", "tls:"));
  const [run, between] =
    transport === "ws"
      ? [{ tlsCert: certFile, tlsKey: keyFile }, { coordinator: { listen: "127.0.0.1:0", token: "s3cret" } }]
      : [
          { tlsCa: certFile },
          { coordinator: { token: "s3cret" }, broker: { kind: "nats", url: await url() } },
        ];
  const hosts = [{ nodes: 2, tlsCa: certFile }];
  const { running } = await startCluster({ steps: 2, ...run }, hosts, between);
  const { address } = await running.event(({ event }) => event === "listening");
  expect(address).toMatch(transport === "ws" ? /^wss:/ : /^tls:/);
  const { code, events, stderr } = await running.finished;
  expect([code, stderr]).toEqual([0, ""]);
  expect(events.at(-1)).toMatchObject({ event: "done", steps: 2 });
});

test("a launcher that is killed outright takes everything with it", async () => {
  const { running, mark, ready, folder } = await startCluster({ steps: LONG }, [{ nodes: 2 }]);
  await ready(2);
  running.process.kill("SIGKILL");
  await running.finished;
  await nothingLeft(mark);
  await nothingLeft(await folder);
});

test("its broker stays until coordinator and nodes have ended in order", { timeout: 90_000 }, async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const broker = { broker: { kind: "start", listen } };
  const { running, mark, ready, step, folder } = await startCluster({ steps: LONG }, [{ nodes: 2 }], broker);
  await ready(2);
  await step(1);
  running.process.kill("SIGKILL");
  await running.finished;
  await nothingLeft(mark);
  await nothingLeft(listen); // the coordinator
  expect(await readdir(join(await folder, "checkpoints"))).toHaveLength(1);
  const answers = (): Promise<unknown> => connectNatsServer({ url: `nats://${listen}` });
  await vi.waitFor(() => expect(answers()).rejects.toThrow("cannot reach"), { timeout: 30_000 });
});

test("a node that is killed is started again, and the run goes on", { timeout: 60_000 }, async () => {
  const { running, mark, ready } = await startCluster({ steps: LONG }, [{ nodes: 2 }]);
  await ready(2);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(`${mark}-0-1`)) process.kill(Number(pid), "SIGKILL");
  }
  const warning = await running.event(
    ({ event, message }) => event === "warning" && String(message).includes("started again"),
  );
  expect(warning["message"]).toBe(`${mark}-0-1 ended with signal SIGKILL: it is started again in 10 s`);
  await ready(1);
  running.process.kill("SIGTERM");
  expect((await running.finished).code).toBe(0);
  expect(await processesWith(mark)).toEqual([]);
});

test("nodes are started by ssh on a real server, and leave when the connection ends", async () => {
  const { address, options } = await startSshServer();
  const out = await temporaryFolder();
  const file = join(out, "cluster.yaml");
  const mark = `h${randomBytes(4).toString("hex")}`;
  const far = {
    name: mark,
    nodes: 2,
    program: `${process.execPath} ${CLI}`,
    reach: { kind: "ssh", address, options },
  };
  const port = await freePort(); // `join` must name it before the coordinator has it
  const coordinator = { listen: `127.0.0.1:${port}`, join: `ws://127.0.0.1:${port}` };
  await writeFile(file, stringify({ run: { ...RUN, out, steps: LONG }, coordinator, hosts: [far] }));
  const { running, ready, step } = watchCluster(startCli(["launch", file, "--json"]));
  await ready(2);
  await step(1);
  const lines = await processesWith(mark);
  expect(lines.some((line) => line.startsWith("ssh\0"))).toBe(true);
  expect(lines.join("\n")).not.toMatch(/--token|GANGLION_TOKEN/);
  running.process.kill("SIGINT");
  expect((await running.finished).code).toBe(0);
  await nothingLeft(mark);
});

describe("a mistake is told before anything starts", () => {
  test.each<[what: string, cluster: object, ...says: string[]]>([
    ["a flag that there is not", { run: { presett: "digits" }, hosts: [{ name: "a" }] }, "there is no flag \"presett\" (did you mean preset?)"],
    ["a value that the flag refuses", { run: { steps: 0 }, hosts: [{ name: "a" }] }, "run.steps is 0: give a whole number from 1"],
    ["a field of a host that there is not", { hosts: [{ name: "a", thread: 2 }] }, "did you mean threads?"],
  ])("%s", async (_what, cluster, ...says) => {
    const file = join(await temporaryFolder(), "cluster.yaml");
    await writeFile(file, stringify(cluster));
    const { code, stderr, stdout } = await runCli(["launch", file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const part of says) expect(stderr).toContain(part);
    expect(stderr).not.toContain("    at ");
  }); // prettier-ignore

  test("what the coordinator refuses is the launcher's error, and no node stays", async () => {
    const { running, mark } = await startCluster({ steps: 3, data: "/nowhere" }, [{ nodes: 1 }]);
    const { code, stderr } = await running.finished;
    expect(code).toBe(2);
    expect(stderr).toContain("/nowhere");
    expect(stderr).not.toContain("    at ");
    expect(await processesWith(mark)).toEqual([]);
  });
});

test("a cluster whose every node is benched stops, and says where to go on", async () => {
  const hosts = [
    { program: "/nowhere/ganglion", nodes: 2 },
    { environment: { PATH: "/nowhere" }, program: "ganglion" },
  ];
  const { running, folder } = await startCluster({ steps: LONG }, hosts);
  const { code, stderr, events } = await running.finished;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^ganglion: no node is left. h\w+-\d-\d could not be started: spawn \S+ ENOENT: correct program/,
  );
  expect(stderr).toContain(`to go on, add resume: ${await folder} to the file's run`);
  expect(events.filter(({ event }) => event === "warning")).toHaveLength(3);
  expect(events.map(({ event }) => event)).not.toContain("done");
});

test("--dry-run prints every command and starts nothing", async () => {
  const file = join(await temporaryFolder(), "cluster.yaml");
  const hosts = [
    { name: "a", gpus: 2, device: "cuda" },
    { name: "b", reach: { kind: "ssh", address: "me@b" } },
  ];
  const coordinator = { listen: "0.0.0.0:8701", join: "ws://192.0.2.7:8701", token: "s3cret" };
  await writeFile(file, stringify({ run: { preset: "mnist", steps: 5 }, coordinator, hosts }));
  const { code, stdout } = await runCli(["launch", file, "--dry-run"]);
  expect(code).toBe(0);
  const lines = stdout.split("\n");
  expect(lines.map((line) => line.split(": ")[0])).toEqual(["coordinator", "a-0", "a-1", "b-0"]);
  expect(lines[0]).toContain("coordinator --preset mnist --steps 5 --listen 0.0.0.0:8701");
  expect(lines[2]).toContain("CUDA_VISIBLE_DEVICES=1 ");
  expect(lines[3]).toContain(
    "ssh -o BatchMode=yes me@b 'exec env ganglion worker --join ws://192.0.2.7:8701",
  );
  expect(stdout).not.toContain("s3cret");
});

test("--dry-run prints an address that nodes can join, where the coordinator listens on all, by TLS with a certificate", async () => {
  const { certFile, keyFile } = await makeCertificate("DNS:hub.example");
  const [own] = reachableHosts("0.0.0.0");
  for (const [run, address] of [
    [{}, `ws://${own}:8701`],
    [{ tlsCert: certFile, tlsKey: keyFile }, "wss://hub.example:8701"],
  ] as const) {
    const file = join(await temporaryFolder(), "cluster.yaml");
    await writeFile(
      file,
      stringify({ run, coordinator: { listen: "0.0.0.0:8701" }, hosts: [{ name: "a" }] }),
    );
    const { code, stdout } = await runCli(["launch", file, "--dry-run"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining(` worker --join ${address} --node a-0 `)]);
  }
});

test("a token that is more than one line starts nothing: processes read it as one", async () => {
  const file = join(await temporaryFolder(), "cluster.yaml");
  await writeFile(file, stringify({ broker: "start", hosts: [{ name: "a" }] }));
  const { code, stdout, stderr } = await runCli(["launch", file], { GANGLION_TOKEN: "secret\nstop\n" });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^ganglion: the token \(--token or GANGLION_TOKEN\) has a line break in it: .*\n$/);
});
