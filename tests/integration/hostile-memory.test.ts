// A real coordinator, and peers that claim half a gigabyte each: what it holds is bounded by what its nodes may send.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { encodeFrame, decodeFrame } from "../../shared/protocol/frame.ts";
import { PROTOCOL_VERSION, parsePlan } from "../../shared/protocol/messages.ts";
import { longestAnswerBytes } from "../../coordinator/plan.ts";
import { startCli, temporaryFolder } from "../support/cli.ts";
import { isLinux } from "../support/linux.ts";

const PART_BYTES = 128 * 1024;
const CLAIM_BYTES = 500_000_000;
const MEBIBYTE = 2 ** 20;
/**
 * What a process may grow by that reads tens of megabytes, whoever sent them: what it read is garbage until V8 collects
 * it, and the allocator keeps some. Before there were bounds it grew by what was sent, and more.
 */
const SLACK_BYTES = 100 * MEBIBYTE;

test.runIf(isLinux)(
  "holds kilobytes for a peer before its hello and a frame of the run's after it, until that has gone",
  { timeout: 90_000 },
  async () => {
    const { url, rss } = await startCoordinator();
    const before = await rss();

    // 100 strangers that would send 20 MB each: 2 GB.
    const strangers = await Promise.all(Array.from({ length: 100 }, () => open(url)));
    const turnedAway = await Promise.all(strangers.map((raw) => send(raw, CLAIM_BYTES, 160)));
    expect(turnedAway).toEqual(Array(100).fill("closed"));
    expect((await rss()) - before).toBeLessThan(SLACK_BYTES);

    // 5 nodes that would send 40 MB each of a frame that no node may send: 200 MB.
    const longest: number[] = [];
    const liars = await Promise.all(Array.from({ length: 5 }, (_, i) => joined(url, `liar-${i}`, longest)));
    expect(await Promise.all(liars.map((raw) => send(raw, CLAIM_BYTES, 320)))).toEqual(
      Array(5).fill("closed"),
    );
    expect((await rss()) - before).toBeLessThan(SLACK_BYTES);

    // 100 nodes that begin the longest frame that they may send, and do not end it.
    const [bodyBytes] = longest;
    const parts = Math.floor(bodyBytes / PART_BYTES);
    const slow = await Promise.all(Array.from({ length: 100 }, (_, i) => joined(url, `slow-${i}`, longest)));
    expect(await Promise.all(slow.map((raw) => send(raw, bodyBytes, parts)))).toEqual(
      Array(100).fill("open"),
    );
    const held = (await rss()) - before;
    expect(held).toBeLessThan(100 * (bodyBytes + PART_BYTES) + SLACK_BYTES);

    for (const raw of slow) raw.terminate();
    // Memory that V8 does not count is freed by asking for it, within seconds.
    await vi.waitFor(async () => expect((await rss()) - before).toBeLessThan(SLACK_BYTES), {
      timeout: 20_000,
      interval: 200,
    });
  },
);

async function startCoordinator() {
  const out = await temporaryFolder();
  const listen = ["--listen", "127.0.0.1:0", "--dashboard", "off", "--json", "--out", out];
  const running = startCli(["coordinator", "--preset", "digits", ...listen]);
  const ready = await running.event(({ event }) => event === "listening");
  await running.event(({ event }) => event === "compiled");
  const rss = async (): Promise<number> => {
    const status = await readFile(`/proc/${running.process.pid}/status`, "utf8");
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
  };
  return { url: String(ready.address), rss };
}

async function open(url: string): Promise<WebSocket> {
  const raw = new WebSocket(`${url}/workers`, { perMessageDeflate: false });
  onTestFinished(() => raw.terminate());
  await once(raw, "open");
  raw.on("error", () => undefined); // cut off while it sends
  return raw;
}

/** A node that was admitted; adds what the plan allows it to send. */
async function joined(url: string, node: string, longest: number[]): Promise<WebSocket> {
  const raw = await open(url);
  const hello = { type: "hello", protocol: PROTOCOL_VERSION, node, threads: 1 } as const;
  const told = once(raw, "message");
  raw.send(Buffer.concat(encodeFrame({ ...hello, engine: "e", device: "d", arithmetic: "a" })));
  const [welcome] = (await told) as [Buffer];
  const frame = decodeFrame(welcome);
  if (!frame.ok || !(frame.body instanceof Uint8Array)) throw new Error("no welcome");
  longest.push(longestAnswerBytes(parsePlan(JSON.parse(Buffer.from(frame.body).toString()))));
  return raw;
}

/** Sends so many parts of a frame with a body of `bodyBytes`, as it declares; whether the peer took them all. */
async function send(raw: WebSocket, bodyBytes: number, parts: number): Promise<"closed" | "open"> {
  const closed = once(raw, "close").then(() => "closed" as const);
  const part = Buffer.alloc(PART_BYTES, 7);
  const first = Buffer.from(part);
  Buffer.concat(encodeFrame({ type: "leaving" }, new Float32Array(1))).copy(first, 0, 0, 32);
  first.writeUInt32LE(bodyBytes, 12);
  for (let sent = 0; sent < parts && raw.readyState === raw.OPEN; sent++)
    await new Promise<void>((resolve) => raw.send(sent === 0 ? first : part, () => resolve()));
  // What answers a ping has read all that came before it.
  if (raw.readyState === raw.OPEN) raw.ping();
  return Promise.race([closed, once(raw, "pong").then(() => "open" as const)]);
}
