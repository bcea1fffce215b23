// How `ganglion scale` reaches a launcher: a socket that only this user can open, named in the run's folder.
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type Socket, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { GanglionError, messageOf } from "../../shared/errors.ts";

/** What can be asked of a launcher. */
const requestSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("nodes") }),
  z.strictObject({ type: z.literal("scale"), nodes: z.int().min(0).max(1024) }),
  z.strictObject({ type: z.literal("add"), host: z.string().min(1), nodes: z.int().min(1).max(64) }),
]);
export type ControlRequest = z.infer<typeof requestSchema>;

const replySchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("nodes"), nodes: z.array(z.string()) }),
  z.strictObject({ type: z.literal("refused"), message: z.string() }),
]);
type ControlReply = z.infer<typeof replySchema>;

export interface Control {
  close(): Promise<void>;
}

const FILE = "launch.json";
const ANSWER_MS = 10_000;

/** `answer` returns the names of the nodes that are wanted then; what it throws goes back to the caller as a refusal. */
export async function openControl(
  runFolder: string,
  answer: (request: ControlRequest) => readonly string[],
): Promise<Control> {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-launch-")); // a run folder's path may be too long for a socket
  const path = join(folder, "socket");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined); // gone before the reply: its loss
    createInterface({ input: socket }).once("line", (line) => {
      socket.end(`${JSON.stringify(replyTo(line, answer))}\n`);
    });
  });
  server.listen(path);
  await once(server, "listening");
  await chmod(path, 0o600);
  await writeFile(join(runFolder, FILE), JSON.stringify({ socket: path, pid: process.pid }));
  return {
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(join(runFolder, FILE), { force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Asks the launcher of a run.
 *
 * @throws GanglionError CONFIG when the run was not launched, or its launcher is gone or refuses
 */
export async function askLauncher(runFolder: string, request: ControlRequest): Promise<readonly string[]> {
  const socket = await socketOf(runFolder);
  let reply: ControlReply;
  try {
    reply = await exchange(socket, request);
  } catch (cause) {
    const isGone = cause instanceof Error && "code" in cause; // the system's word, not ours
    throw new GanglionError(
      "CONFIG",
      isGone
        ? `the launcher of ${runFolder} is gone: ganglion status ${runFolder} shows how to go on`
        : `the launcher of ${runFolder} is there, and did not answer (${messageOf(cause)}): it may still do what it was asked, which ganglion status ${runFolder} shows`,
      { cause },
    );
  }
  if (reply.type === "nodes") return reply.nodes;
  throw new GanglionError("CONFIG", reply.message);
}

async function socketOf(runFolder: string): Promise<string> {
  try {
    const file = JSON.parse(await readFile(join(runFolder, FILE), "utf8")) as unknown;
    return z.object({ socket: z.string() }).parse(file).socket;
  } catch (cause) {
    throw new GanglionError(
      "CONFIG",
      `${runFolder} has no launcher: it was not started by \`ganglion launch\`, or that has ended; to a run that goes on, join more workers by hand (ganglion status ${runFolder} shows it)`,
      { cause },
    );
  }
}

function replyTo(line: string, answer: (request: ControlRequest) => readonly string[]): ControlReply {
  try {
    return { type: "nodes", nodes: [...answer(requestSchema.parse(JSON.parse(line)))] };
  } catch (error) {
    return { type: "refused", message: messageOf(error) };
  }
}

async function exchange(path: string, request: ControlRequest): Promise<ControlReply> {
  const socket = connect(path);
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error("no answer within 10 s")));
  try {
    await once(socket, "connect");
    socket.write(`${JSON.stringify(request)}\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return replySchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
  } finally {
    socket.destroy();
  }
}
