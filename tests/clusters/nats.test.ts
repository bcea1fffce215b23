// Whole runs over a real nats-server, with the program's own processes: same weights, whatever happens to the broker.
import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import { describe, expect, test } from "vitest";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { reachableHosts } from "../../shared/transport/tls/own-addresses.ts";
import { connectNatsServer } from "../../shared/transport/nats/client/client.ts";
import { putObject } from "../../shared/transport/nats/store.ts";
import { type Running, runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { natsServer } from "../support/nats-server.ts";

const TINY = ["--preset", "digits", "--batch", "8", "--shard", "2", "--seed", "3"];
const SILENT = ["--json", "--dashboard", "off"];
/** Small: drawing the built-in set takes every process of a test longer than the test. */
const IMAGES = 500;
/** Deaths are noticed after 9 s, twice. */
const SLOW = { timeout: 300_000 };

/** Of `ganglion status --json`. */
async function listedRuns(url: string): Promise<readonly Record<string, unknown>[]> {
  const { code, stderr, events } = await runCli(["status", "--json", "--nats", url]);
  expect([code, stderr]).toEqual([0, ""]);
  return events;
}

describe("a run over NATS", () => {
  test(
    "whose server is gone for good stops at Ctrl-C with a checkpoint, and its node leaves",
    SLOW,
    async () => {
      const out = await temporaryFolder();
      const data = await writeIdxFolder(join(out, "digits"), IMAGES, [28, 28, 1], 10);
      const flags = [...TINY, "--steps", "1000000", "--data", data, "--out", out];
      const server = await natsServer({ jetStream: true });
      const run = startCli(["coordinator", ...flags, ...SILENT, "--nats", server.url, "--run", "gone"]);
      await run.event(({ event }) => event === "listening");
      const node = startCli(["worker", "--nats", server.url, "--run", "gone"]);
      await run.event(({ event, step }) => event === "step" && Number(step) >= 5);
      await server.kill();
      run.process.kill("SIGINT");
      node.process.kill("SIGINT");
      const { code, events, stderr } = await run.finished;
      expect([code, stderr]).toEqual([0, ""]);
      expect((await node.finished).code).toBe(0);
      const done = events.at(-1)!;
      expect(done).toMatchObject({ event: "done" });
      const { checkpoints } = await findRun(String(done["run"]));
      const file = `${String(done["steps"]).padStart(6, "0")}.safetensors`;
      expect(await readdir(checkpoints)).toEqual([file]);
      const [steps, resume] = [String(done["steps"]), String(done["run"])];
      // It has all of its steps: nobody has to join.
      const again = await runCli(["coordinator", "--resume", resume, "--steps", steps, ...SILENT]);
      expect([again.code, again.stderr]).toEqual([0, ""]);
      expect(again.events.at(-1)).toMatchObject({ event: "done", weightsHash: done["weightsHash"] });
    },
  );

  test("has the weights of one in memory, though the server is killed and started again in mid step", async () => {
    const out = await temporaryFolder();
    const data = await writeIdxFolder(join(out, "digits"), IMAGES, [28, 28, 1], 10);
    const steps = ["--steps", "60", "--data", data, "--out", out];
    const expected = await trainJson([...TINY, ...steps, "--workers", "1"]);
    const server = await natsServer({ jetStream: true });
    const flags = [
      ...TINY,
      ...steps,
      ...SILENT,
      "--transport",
      "nats",
      "--nats",
      server.url,
      "--workers",
      "2",
    ];
    const run = startCli(["train", ...flags]);
    for (const step of [5, 20, 40]) {
      await run.event((event) => event.event === "step" && Number(event["step"]) >= step);
      await server.kill();
      await server.start();
    }
    const { code, events, stderr } = await run.finished;
    expect([code, stderr]).toEqual([0, ""]);
    const done = events.at(-1)!;
    expect(done).toMatchObject({
      event: "done",
      steps: 60,
      version: 60,
      weightsHash: expected["weightsHash"],
    });
    const messages = events.filter(({ event }) => event === "warning").map(({ message }) => message);
    const absence = [
      expect.stringMatching(
        `^lost the NATS server at ${server.url} at \\d\\d:\\d\\d:\\d\\d: waiting for it$`,
      ),
      expect.stringMatching(`^the NATS server at ${server.url} is back after [\\d.]+ s$`),
    ];
    expect(messages).toEqual([...absence, ...absence, ...absence]); // and nothing of leases or of the list of runs
    const ledger = await readLedger((await findRun(String(done["run"]))).ledgerFile);
    expect(ledger).toHaveLength(60);
    expect(verifyLedger(ledger, IMAGES)).toEqual([]);
    expect(await listedRuns(server.url)).toMatchObject([
      { state: "done", step: 60, version: 60, alive: false },
    ]);
    const name = parse(String(done["run"])).base;
    const one = await runCli(["status", name, "--nats", server.url]);
    expect(one.stdout).toMatch(
      new RegExp(`^${name}: done [\\d.]+ s ago, step 60/60\n  weights version 60\n  on `),
    );
    const other = await runCli(["status", "other", "--nats", server.url]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining(`it lists ${name}`)]);
  });

  test(
    "has the same weights when a node is killed, another stopped and continued, and the coordinator killed and resumed",
    SLOW,
    async () => {
      const out = await temporaryFolder();
      const often = join(out, "often.json");
      await writeFile(often, JSON.stringify({ checkpointEvery: 10 }));
      const data = await writeIdxFolder(join(out, "digits"), IMAGES, [28, 28, 1], 10);
      const flags = [...TINY, "--steps", "120", "--data", data, "--out", out, "--config", often];
      const expected = await trainJson([...flags, "--workers", "1"]);
      const server = await natsServer({ jetStream: true });
      const first = startCli(["coordinator", ...flags, ...SILENT, "--nats", server.url]);
      const { address } = await first.event(({ event }) => event === "listening");
      const start = (node: string): Running =>
        startCli(["worker", "--join", String(address), "--node", node]);
      const steady = start("steady");
      await first.event(({ event }) => event === "checkpoint");
      const [doomed, sleepy] = [start("doomed"), start("sleepy")];
      await first.event(({ event, nodes }) => event === "workers" && readyNodes(nodes) === 3);
      doomed.process.kill("SIGKILL");
      sleepy.process.kill("SIGSTOP"); // what they were leased waits for them
      let wereThree = false;
      await first.event(({ event, nodes }) => {
        if (event === "workers" && readyNodes(nodes) === 3) wereThree = true;
        return wereThree && event === "workers" && readyNodes(nodes) === 1;
      });
      first.process.kill("SIGKILL");
      await first.finished;
      sleepy.process.kill("SIGCONT");
      const run = join(out, String(address).split("/").at(-1)!);
      const second = startCli(["coordinator", ...SILENT, "--nats", server.url, "--resume", run]);
      const { events, code, stderr } = await second.finished;
      expect([code, stderr]).toEqual([0, ""]);
      expect(events.at(-1)).toMatchObject({
        event: "done",
        steps: 120,
        weightsHash: expected["weightsHash"],
      });
      expect(await steady.finished).toMatchObject({ code: 0, stderr: "" });
      const woken = await sleepy.finished;
      expect(woken.code).toBe(0);
      expect(woken.stderr).toMatch(
        /^(warning: not done in time, and abandoned lease=\d+ deadlineMs=\d+\n?)?$/u,
      ); // at what it was when it was stopped
      const ledger = await readLedger((await findRun(run)).ledgerFile);
      expect(ledger).toHaveLength(120);
      expect(verifyLedger(ledger, IMAGES)).toEqual([]);
    },
  );

  test("is found by nodes that have nothing but the server's address, and they fetch its data", async () => {
    const folder = await temporaryFolder();
    const data = join(folder, "digits");
    await writeIdxFolder(data, IMAGES, [28, 28, 1], 10);
    const flags = [...TINY, "--steps", "100", "--data", data, "--out", folder];
    const expected = await trainJson([...flags, "--workers", "1"]);
    const server = await natsServer({ jetStream: true });
    const coordinator = startCli(["coordinator", ...flags, ...SILENT, "--nats", server.url]);
    const { address } = await coordinator.event(({ event }) => event === "listening");
    expect(address).toMatch(/^nats:\/\/127\.0\.0\.1:\d+\/00002-digits-digits$/);
    const fetch = ["fetch", "--nats", server.url, "--out"];
    const early = await runCli([...fetch, join(folder, "early")]);
    expect(early.stderr).toMatch(
      /00002-digits-digits has sent no checkpoint to .*, it is at step 0: ask again/,
    );
    await rename(data, `${data}-elsewhere`); // the nodes' machine has it not
    const cache = { GANGLION_CACHE: join(folder, "cache") };
    const first = startCli(["worker", "--nats", server.url, "--node", "first"], cache);
    await first.line((line) => line.startsWith("fetching the run's train data"));
    await coordinator.event(({ event, step }) => event === "step" && Number(step) >= 1);
    const [listed] = await listedRuns(server.url);
    expect(listed).toMatchObject({
      run: "00002-digits-digits",
      alive: true,
      state: "training",
      steps: 100,
      dashboard: null,
    });
    expect(listed["nodes"]).toMatchObject([{ node: "first", threads: 1, state: "ready" }]);
    const second = startCli(["worker", "--join", String(address), "--node", "second"], cache);
    const { events, code } = await coordinator.finished;
    expect(code).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: "done", weightsHash: expected["weightsHash"] });
    expect([(await first.finished).code, (await second.finished).code]).toEqual([0, 0]);
    const kept = await readdir(join(folder, "cache", "data"));
    expect(kept.filter((name) => !name.endsWith(".verified"))).toHaveLength(1); // fetched once, no part left
    const checkpoint = join(folder, "fetched.safetensors");
    expect(await runCli([...fetch, checkpoint])).toMatchObject({ code: 0, stdout: checkpoint });
    const original = join(folder, "00002-digits-digits", "checkpoints", "000100.safetensors");
    expect((await readFile(checkpoint)).equals(await readFile(original))).toBe(true);
    for (const [place, complaint] of [
      [[join(folder, "none"), "--run", "nobody"], "there is no run nobody at"],
      [[join(folder, "none", "here")], "is in no folder"],
    ] as const) {
      const refused = await runCli([...fetch, ...place]);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(complaint) });
    }
    const client = await connectNatsServer({ url: server.url });
    await putObject(client, "ganglion-checkpoints", "00002-digits-digits", [Buffer.from("no tensors here")]);
    await client.close();
    expect(await runCli([...fetch, join(folder, "none")])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("the checkpoint of 00002-digits-digits at "),
    });
    expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/^(none|early)/));
  });

  test("is listed with where browsers of its machine see its dashboard, and where those of others do", async () => {
    const folder = await temporaryFolder();
    const data = await writeIdxFolder(join(folder, "digits"), IMAGES, [28, 28, 1], 10);
    const server = await natsServer({ jetStream: true });
    const [own] = reachableHosts("0.0.0.0");
    for (const [address, there] of [
      ["0.0.0.0:0", own === "localhost" ? null : own], // a machine without a network has none
      ["0", null],
    ] as const) {
      const flags = ["--data", data, "--out", folder, "--nats", server.url, "--token", "s3cret"];
      const running = startCli(["coordinator", ...TINY, ...flags, "--dashboard", address, "--json"]);
      const { url } = await running.event(({ event }) => event === "dashboard");
      await running.event(({ event }) => event === "listening");
      const [listed] = (await listedRuns(server.url)).filter(({ alive }) => alive);
      const farDashboard = there && String(url).replace("localhost", there);
      expect(listed).toMatchObject({ dashboard: url, farDashboard });
      running.process.kill("SIGTERM");
      await running.finished;
    }
  });

  test("goes on without JetStream, says what that costs, and status says how to mend it", async () => {
    const server = await natsServer();
    const out = await temporaryFolder();
    const data = await writeIdxFolder(join(out, "digits"), IMAGES, [28, 28, 1], 10);
    const run = [...TINY, "--steps", "2", "--data", data, "--out", out];
    const flags = [...run, "--transport", "nats", "--nats", server.url];
    const { code, events } = await runCli(["train", ...SILENT, ...flags, "--workers", "1"]);
    expect([code, events.at(-1)!.event]).toEqual([0, "done"]);
    const warnings = events.filter(({ event }) => event === "warning").map(({ message }) => message);
    expect(warnings).toEqual([
      expect.stringMatching(/has no JetStream.*nats-server -js.*goes on without being listed/),
    ]);
    const status = await runCli(["status", "--nats", server.url]);
    expect(status).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/has no JetStream.*nats-server -js/),
    });
  });
});

function readyNodes(nodes: unknown): number {
  return (nodes as { state: string }[]).filter(({ state }) => state === "ready").length;
}

describe("a worker that joins by WebSocket", () => {
  test("fetches data that its machine does not have from the coordinator, and repairs a damaged copy", async () => {
    const folder = await temporaryFolder();
    const data = join(folder, "digits");
    await writeIdxFolder(data, IMAGES, [28, 28, 1], 10);
    const flags = [...TINY, "--steps", "20", "--data", data, "--out", folder];
    const expected = await trainJson([...flags, "--workers", "1"]);
    const cache = join(folder, "cache");
    const join1 = async (): Promise<Running> => {
      const coordinator = startCli([
        "coordinator",
        ...flags,
        ...SILENT,
        "--listen",
        "127.0.0.1:0",
        "--token",
        "t",
      ]);
      const { address } = await coordinator.event(({ event }) => event === "listening");
      await rename(data, `${data}-elsewhere`);
      const worker = startCli(["worker", "--join", String(address)], {
        GANGLION_CACHE: cache,
        GANGLION_TOKEN: "t",
      });
      expect((await coordinator.finished).events.at(-1)).toMatchObject({
        weightsHash: expected["weightsHash"],
      });
      await rename(`${data}-elsewhere`, data);
      return worker;
    };
    await (
      await join1()
    ).finished;
    const file = (await readdir(join(cache, "data"))).find((name) => name.endsWith(".packed"))!;
    await writeFile(join(cache, "data", file), "GANGDATA, but not really");
    const { code, stdout } = await (await join1()).finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(/is not the packed data set it should be.*made again/);
  });
});

test("a NATS server that is not there, refuses the credentials, or is on another machine without a token, is reported in one sentence", async () => {
  const guarded = await natsServer({ config: 'authorization { token: "right" }' });
  const open = await natsServer({ jetStream: true });
  const cases: [readonly string[], number, string[]][] = [
    [
      ["status", "--nats", "nats://127.0.0.1:1"],
      1,
      ["cannot reach a NATS server at nats://127.0.0.1:1", "nats-server -js"],
    ],
    [["status", "--nats", "nats://192.0.2.1"], 2, ["nats://192.0.2.1:4222 is on another machine", "--token"]],
    [
      ["status", "--nats", "127.0.0.1"],
      2,
      ["127.0.0.1 is not the address of a NATS server", "nats://HOST:PORT"],
    ],
    [["status", "--nats", "nats://a:b@127.0.0.1"], 2, ["contains a password", "GANGLION_TOKEN"]],
    [["status", "--nats", guarded.url], 2, ["refuses these credentials"]],
    [["status", "--nats", guarded.url, "--token", "wrong"], 2, ["refuses these credentials"]],
    [["worker", "--nats", open.url, "--join", "ws://127.0.0.1:1"], 2, ["two addresses", "give one"]],
    [
      ["coordinator", ...TINY, "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem"],
      2,
      ["--tls-cert needs --tls-key"],
    ],
  ];
  for (const [flags, code, sentences] of cases) {
    const finished = await runCli(flags);
    expect(finished.code, flags.join(" ")).toBe(code);
    for (const sentence of sentences) expect(finished.stderr).toContain(sentence);
  }
});
