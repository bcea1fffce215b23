// What others write (nodes, files, servers) on a terminal of ours: shown as text, whoever wrote it and wherever it is shown.
import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROTOCOL_VERSION } from "../../shared/protocol/messages.ts";
import { newStatusRecord } from "../../shared/status-record.ts";
import { connectWebSocket } from "../../shared/transport/websocket/websocket.ts";
import { runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { EVIL, expectInert } from "../support/inert.ts";

const TINY = ["--preset", "digits", "--batch", "8", "--shard", "8", "--steps", "2"];
/** How a part of it is shown. */
const SHOWN = String.raw`e\x1b[2J`;

test("a node's reasons clear no screen and forge no line: as warnings, as the error that ends the run, in its status", async () => {
  const out = await temporaryFolder();
  const place = ["--out", out, "--listen", "127.0.0.1:0", "--dashboard", "off"];
  const coordinator = startCli(["coordinator", ...TINY, ...place]);
  const [, url] = /join at (ws:\S+)/.exec(await coordinator.line((line) => line.includes("join at")))!;
  // One alone would be waited with: others might come. Three that fail at the same work end the run at once.
  await Promise.all(["liar-0", "liar-1", "liar-2"].map((name) => failWith(EVIL, { url, name })));
  const { code, stdout, stderr } = await coordinator.finished;
  expect(code).toBe(1);
  for (const text of [stdout, stderr]) {
    expect(text).toContain(SHOWN);
    expectInert(text);
  }
  for (const flags of [[], ["1"]]) {
    const shown = await runCli(["status", ...flags, "--out", out]);
    expect(shown.stdout).toContain(SHOWN);
    expectInert(shown.stdout);
  }
  const [exact] = (await runCli(["status", "--out", out, "--json"])).events;
  expect(exact["reason"]).toContain(EVIL); // programs get what was said
});

/** Joins as a node that fails at whatever it is leased, until it is stopped or the coordinator is gone. */
async function failWith(reason: string, { url, name }: { url: string; name: string }): Promise<void> {
  const node = await connectWebSocket({ url, name });
  const about = { threads: 1, engine: "fake", device: "fake", arithmetic: "fake" };
  await node.send({ type: "hello", protocol: PROTOCOL_VERSION, node: name, ...about });
  let fingerprint = "";
  for await (const envelope of node.receive()) {
    const { message, body } = envelope;
    if (message.type === "welcome") {
      const plan = JSON.parse(Buffer.from(body as Uint8Array).toString()) as {
        data: { fingerprint: string };
      };
      ({ fingerprint } = plan.data);
    }
    envelope.release();
    if (message.type === "prepare") await node.send({ type: "ready", fingerprint, prepareMs: 1 });
    if (message.type === "lease") await node.send({ type: "failed", lease: message.id, reason });
    if (message.type === "stop") break;
  }
  await node.close("seen enough");
}

test("a lock and a record that others left are shown as text", async () => {
  const out = await temporaryFolder();
  const { run } = (await trainJson([...TINY, "--out", out])) as unknown as { readonly run: string };
  const record = { ...newStatusRecord({ run: "x", host: EVIL, dashboard: EVIL }), state: "training", refused: { [EVIL]: 1 } }; // prettier-ignore
  const node = { node: EVIL, threads: 1, engine: EVIL, device: EVIL, state: EVIL, contributions: 1 };
  const told = { ...record, steps: 2, heartbeat: Date.now() + 60_000, nodes: [node] };
  await mkdir(join(run, "lock"));
  await writeFile(join(run, "lock", "x.json"), JSON.stringify({ pid: 77, host: EVIL, start: null }));
  await writeFile(join(run, "status.json"), JSON.stringify(told));
  for (const flags of [[], ["1"]]) {
    const { code, stdout } = await runCli(["status", ...flags, "--out", out]);
    expect([code, stdout.includes(SHOWN)]).toEqual([0, true]);
    expectInert(stdout);
  }
  const resumed = await runCli(["train", "--resume", run]);
  expect(resumed.code).toBe(1);
  expect(resumed.stderr).toContain(`pid 77 on ${SHOWN}`);
  expectInert(resumed.stderr);
});

test("names of files are shown as text, in what is said and in what is refused", async () => {
  const folder = await temporaryFolder();
  const word = "a\u001B[2J\u202Eb"; // commander has lines of its own around it
  const name = `${word}\nganglion: done`;
  const refused = [
    ["train", "--model", join(folder, `${name}.js`)],
    ["train", "--data", join(folder, name)],
    ["train", "--resume", join(folder, name)],
    ["train", `--${word}`],
    [word],
    ["generate", "--checkpoint", join(folder, name)],
    ["status", name, "--out", join(folder, name)],
    ["launch", join(folder, name)],
    ["worker", "--join", `ws://127.0.0.1:1/${name}`, "--patience", "0"],
    ["worker", "--join", "ws://127.0.0.1:1", "--patience", "0", "--node", name],
  ];
  const ends = await Promise.all(refused.map((words) => runCli(words)));
  for (const [i, { code, stdout, stderr }] of ends.entries()) {
    expect([refused[i][0], code !== 0, stderr.includes("\u001B")]).toEqual([refused[i][0], true, false]);
    expectInert(stdout + stderr);
  }

  const { run } = (await trainJson([...TINY, "--out", folder])) as unknown as { readonly run: string };
  const odd = join(folder, `00002-${name}`);
  await rename(run, odd);
  await symlink(odd, join(folder, "plain"));
  const shown = await Promise.all([
    runCli(["status", "--out", folder]),
    runCli(["train", "--resume", odd, "--steps", "3", "--dashboard", "off"]),
    runCli([
      "generate",
      "--checkpoint",
      join(odd, "checkpoints", "000002.safetensors"),
      "--out",
      join(odd, "p.png"),
    ]),
  ]);
  for (const { code, stdout, stderr } of shown) {
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(String.raw`a\x1b[2J\u202eb\nganglion: done`);
    expectInert(stdout);
  }
});
