// A user that the system does not know, and nodes whose cache cannot be used: both take part.
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runCli, startCli, startProgram, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const HOMELESS = { NODE_OPTIONS: `--import=${new URL("../support/homeless.js", import.meta.url).href}` };
const CLI = fileURLToPath(new URL("../../dist/deploy/cli.js", import.meta.url));
const TINY = ["--preset", "digits", "--batch", "8", "--shard", "2", "--dashboard", "off", "--json"];

test("without a home the program loads, and a training ends with the same weights", async () => {
  const out = await temporaryFolder();
  const same = [...TINY, "--steps", "2", "--workers", "1", "--out", out];
  const [help, here, train, setup] = await Promise.all([
    runCli(["--help"], HOMELESS), // with every command's module
    trainJson(same),
    runCli(["train", ...same], HOMELESS),
    runCli(["setup", "cuda"], HOMELESS),
  ]);
  expect([help.code, help.stderr]).toEqual([0, ""]);
  expect([train.code, train.stderr]).toEqual([0, ""]);
  expect(train.events.at(-1)!["weightsHash"]).toBe(here["weightsHash"]);
  expect([setup.code, setup.stderr]).toEqual([
    1,
    "ganglion: this user has no home folder, where ONNX Runtime with CUDA would lie: name a folder in GANGLION_ONNXRUNTIME\n",
  ]);
});

test("a node without a cache, or whose disk fills, says what to set, and computes", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "digits"), 40, [28, 28, 1], 10);
  const place = ["--data", data, "--out", join(folder, "runs"), "--listen", "127.0.0.1:0"];
  const coordinator = startCli(["coordinator", ...TINY, ...place, "--steps", "1000000"]);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  await rm(data, { recursive: true }); // the nodes have to fetch it
  const file = join(folder, "file");
  await writeFile(file, "");
  const joining = (node: string): string[] => ["worker", "--join", String(address), "--node", node];
  const full = 'ulimit -f 8; exec "$0" "$@"'; // the shell's limit of a file's size is a disk that is full
  const nodes = [
    { node: startCli(joining("file"), { GANGLION_CACHE: file }), says: /ENOTDIR/ },
    { node: startCli(joining("homeless"), HOMELESS), says: /this user has no home folder/ },
    {
      node: startProgram("sh", ["-c", full, process.execPath, CLI, ...joining("full")], {
        GANGLION_CACHE: join(folder, "cache"),
      }),
      says: /EFBIG/,
    },
  ];
  for (const { node, says } of nodes) {
    const sentence = await node.line((line) => line.includes("GANGLION_CACHE"));
    expect(sentence).toMatch(says);
  }
  await coordinator.event(
    ({ event, nodes: views }) =>
      event === "workers" && (views as { contributions: number }[]).filter(({ contributions }) => contributions > 0).length === 3, // prettier-ignore
  );
  coordinator.process.kill("SIGTERM");
  expect((await coordinator.finished).code).toBe(0);
  for (const { node } of nodes) {
    const { code, stderr } = await node.finished;
    expect([code, stderr]).toEqual([0, ""]);
  }
});

test("a coordinator hears why a node cannot take part", async () => {
  const folder = await temporaryFolder();
  const place = ["--out", join(folder, "runs"), "--listen", "127.0.0.1:0"];
  const coordinator = startCli(["coordinator", ...TINY, ...place, "--steps", "2"]);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const other = await writeIdxFolder(join(folder, "other"), 40, [28, 28, 1], 10);
  const node = startCli(["worker", "--join", String(address), "--node", "odd", "--data", other]);
  const { message } = await coordinator.event(({ event }) => event === "warning");
  expect(message).toMatch(/: node odd cannot take part: this node's data .*other has fingerprint .*give --data the same files$/); // prettier-ignore
  const { code, stderr } = await node.finished;
  expect([code, stderr]).toEqual([1, expect.stringContaining("give --data the same files")]);
  startCli(["worker", "--join", String(address)]);
  expect((await coordinator.finished).code).toBe(0); // nothing else happened to it
});
