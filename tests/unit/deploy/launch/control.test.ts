// The launcher's socket: answers who asks through the run's folder, refuses in a sentence, and is gone afterwards.
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ControlRequest, askLauncher, openControl } from "../../../../deploy/launch/control.ts";
import { temporaryFolder } from "../../../support/cli.ts";

test("a request reaches the launcher, and its nodes come back", async () => {
  const folder = await temporaryFolder();
  const asked: ControlRequest[] = [];
  const control = await openControl(folder, (request) => {
    asked.push(request);
    return ["a-0", "b-0"];
  });
  expect(await askLauncher(folder, { type: "scale", nodes: 2 })).toEqual(["a-0", "b-0"]);
  expect(asked).toEqual([{ type: "scale", nodes: 2 }]);
  await control.close();
});

test("what the launcher throws is the asker's error", async () => {
  const folder = await temporaryFolder();
  const control = await openControl(folder, () => {
    throw new Error("no room");
  });
  await expect(askLauncher(folder, { type: "scale", nodes: 9 })).rejects.toThrow("no room");
  await control.close();
});

test("only this user can open the socket", async () => {
  const folder = await temporaryFolder();
  const control = await openControl(folder, () => []);
  const { socket } = JSON.parse(await readFile(join(folder, "launch.json"), "utf8")) as { socket: string };
  expect((await stat(dirname(socket))).mode & 0o077).toBe(0);
  await control.close();
  await expect(stat(dirname(socket))).rejects.toThrow("ENOENT");
  expect(await readdir(folder)).toEqual([]);
});

describe("without a launcher", () => {
  test("a run that none has started says so", async () => {
    await expect(askLauncher(await temporaryFolder(), { type: "nodes" })).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining(
        "has no launcher: it was not started by `ganglion launch`, or that has ended",
      ),
    });
  });

  test("one that is too busy is not told to be gone", async () => {
    const folder = await temporaryFolder();
    const server = createServer((socket) => void socket.on("data", () => socket.end())).listen(
      join(folder, "busy"),
    );
    onTestFinished(() => void server.close());
    await writeFile(join(folder, "launch.json"), JSON.stringify({ socket: join(folder, "busy"), pid: 1 }));
    await expect(askLauncher(folder, { type: "nodes" })).rejects.toThrow("is there, and did not answer");
  });

  test("one that was killed and left its file says so", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "launch.json"), JSON.stringify({ socket: join(folder, "gone"), pid: 1 }));
    await expect(askLauncher(folder, { type: "nodes" })).rejects.toThrow(
      /^the launcher of \S+ is gone: ganglion status \S+ shows how to go on$/,
    );
  });
});

test.each([["not JSON"], ['{"type":"scale","nodes":-1}'], ['{"type":"fly"}']])(
  "%s is refused, and the launcher goes on",
  async (line) => {
    const folder = await temporaryFolder();
    const control = await openControl(folder, () => ["a-0"]);
    const { socket } = JSON.parse(await readFile(join(folder, "launch.json"), "utf8")) as { socket: string };
    const client = connect(socket);
    client.write(`${line}\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of client) chunks.push(chunk as Buffer);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ type: "refused" });
    expect(await askLauncher(folder, { type: "nodes" })).toEqual(["a-0"]);
    await control.close();
  },
);
