// The transport of clusters: coordinator and nodes meet at a NATS server, which fans the weights out.
import { randomBytes } from "node:crypto";
import { GanglionError } from "../errors.ts";
import { FrameMemory } from "../protocol/frame-memory.ts";
import { decodePacket, encodePacket } from "../protocol/packets.ts";
import { BroadcastAssembly } from "../protocol/reassembly.ts";
import { createCounters } from "./counters.ts";
import { Broadcaster } from "./nats-broadcaster.ts";
import { type NatsClient, type NatsOptions, connectNatsServer, translateNatsError } from "./nats-client.ts";
import { createOutlet } from "./nats-outlet.ts";
import { WINDOW_BYTES } from "./nats-receiver.ts";
import { type NatsSession, type NatsSessionOptions, openNatsSession } from "./nats-session.ts";
import { ANY_NODE, nodeOfTokens, nodeTokens, runSubjects, subjectToken } from "./nats-subjects.ts";
import { createQueue } from "./queue.ts";
import type { Connection, Hub } from "./transport.ts";

interface SessionLimits {
  /** Largest frame accepted, in bytes; default 512 MiB. */
  readonly maxFrameBytes?: number;
  /** Three intervals without a word, while the server is there, and the other end is dead. Default 3,000. */
  readonly heartbeatMs?: number;
  /** How long the server may be away before sessions are given up; default ten minutes. */
  readonly awayMs?: number;
}

export interface NatsHubOptions extends NatsOptions, SessionLimits {
  /** The run's name, by which nodes find it; one coordinator a run and server. */
  readonly run: string;
}

export interface NatsJoinOptions extends NatsOptions, SessionLimits {
  readonly run: string;
  /** What the coordinator calls this node. */
  readonly name: string;
}

const DEFAULT_MAX_FRAME_BYTES = 512 * 1024 * 1024;
const DEFAULT_HEARTBEAT_MS = 3000;
const DEFAULT_AWAY_MS = 600_000;
const JOIN_TIMEOUT_MS = 5000;
const MAX_SESSIONS = 4096;
/** Of all nodes together; a server cuts off a client that leaves 64 MiB (its default) unread. */
const SHARED_WINDOW_BYTES = 32 * 1024 * 1024;

/**
 * Serves a run at a NATS server.
 *
 * `broadcast` publishes the frame once, and the server fans it out. What a node has not acknowledged is kept for it,
 * up to max(64 MiB, 4 frames): beyond that it is closed, counted as `slow`.
 *
 * @throws GanglionError what `connectNatsServer` does; USAGE when another coordinator serves the run
 */
export async function listenNats(options: NatsHubOptions): Promise<Hub> {
  const client = await connectNatsServer(options);
  const { run } = options;
  const subjects = runSubjects(subjectToken(run));
  // Part of its sessions' ids: another coordinator of the run, stopped and gone on, takes no part in them.
  const incarnation = randomBytes(8).toString("hex");
  try {
    await assertAlone(client, subjects.who, run);
  } catch (error) {
    await client.close();
    throw error;
  }
  const address = `${client.address}/${encodeURIComponent(run)}`;
  const outlet = createOutlet(client);
  const counters = createCounters();
  const memory = new FrameMemory();
  const sessions = new Map<string, NatsSession>();
  const arrivals = createQueue<Connection>({ name: `connections() of ${address}` });
  const broadcaster = new Broadcaster({ outlet, subject: subjects.all, sessions, counters });
  let open = true;

  let denied: unknown = null;

  client.subscribe(subjects.who, (error, message) => {
    if (error) denied = error;
    else message.respond(Buffer.from("coordinator"));
  });
  client.subscribe(subjects.join(ANY_NODE), (error, message) => {
    if (error) denied = error;
    if (error || !open) return;
    const [, , , user, node] = message.subject.split(".");
    const nonce = Buffer.from(message.data).toString("latin1", 0, 100);
    if (!NONCE.test(nonce)) {
      counters.rejected("join");
      return;
    }
    const refusal = admit(user, node, nonce + incarnation);
    message.respond(Buffer.from(refusal === null ? `yes ${incarnation}` : `no ${refusal}`));
  });
  client.hearPackets(subjects.up(ANY_NODE, "*"), {
    hear(subject, packet) {
      const [, , , user, name, id] = subject.split(".");
      const node = `${user}.${name}`;
      const session = sessions.get(`${node}.${id}`);
      if (session) session.hear(packet);
      else answerStranger(node, id, packet);
    },
    refused(error) {
      denied = error;
    },
  });
  const stopListening = client.onReconnect(() => sessions.forEach((session) => session.resume()));
  await client.flush(); // errors come before the answer
  if (denied !== null) {
    await client.close();
    throw translateNatsError(denied, client);
  }

  /** Opens a session; returns why not. */
  function admit(user: string, nameToken: string, id: string): string | null {
    const node = nodeOfTokens(user, nameToken);
    if (node === null) {
      counters.rejected("join");
      return NOT_YOURS;
    }
    const tokens = `${user}.${nameToken}`;
    const key = `${tokens}.${id}`;
    if (sessions.has(key)) return null; // its first request was answered, but the answer was lost
    if (sessions.size >= MAX_SESSIONS) {
      counters.rejected("full");
      return `the run has ${MAX_SESSIONS} sessions already`;
    }
    const session = openNatsSession({
      ...limitsOf(options),
      peer: `${node} (${client.address})`,
      identity: node,
      counters: createCounters(counters),
      outlet,
      memory,
      subject: subjects.down(tokens, id),
      coordinator: {
        published: () => broadcaster.published,
        windowBytes: () => Math.min(WINDOW_BYTES, Math.ceil(SHARED_WINDOW_BYTES / sessions.size)),
        onStatus: (status) => broadcaster.hear(session, status),
      },
    });
    sessions.set(key, session);
    void forget(key, session);
    // Everyone's share has halved: told now, since the next heartbeats may be late.
    if (Number.isInteger(Math.log2(sessions.size))) for (const each of sessions.values()) each.tell();
    if (!arrivals.push(session)) session.drop("the coordinator is closing");
    return null;
  }

  async function forget(key: string, session: NatsSession): Promise<void> {
    await session.closed;
    sessions.delete(key);
    broadcaster.forget(session);
  }

  /** Of a session that ended here, or never was: its node should not wait. */
  function answerStranger(node: string, id: string, bytes: Uint8Array): void {
    counters.rejected("unknown-session");
    const packet = id.endsWith(incarnation) ? decodePacket(bytes) : null;
    if (
      packet === null ||
      typeof packet === "string" ||
      (packet.kind !== "status" && packet.kind !== "goodbye")
    )
      return;
    const reason =
      packet.kind === "goodbye" ? packet.reason : "the coordinator does not know this session (any more)";
    outlet.publish(subjects.down(node, id), encodePacket({ kind: "gone", reason }));
  }

  return {
    address,
    connections: () => arrivals.iterate(),
    broadcast: (message, body, to = () => true) => broadcaster.broadcast(message, body, to),
    status: () => counters.status(open && client.connected()),
    async close(reason = "the coordinator closed") {
      open = false;
      arrivals.end();
      await Promise.all([...sessions.values()].map((session) => session.close(reason)));
      stopListening();
      await client.close();
    },
  };
}

/**
 * Joins a run at a NATS server. The promise resolves once messages can be sent.
 *
 * @throws GanglionError what `connectNatsServer` does; TRANSPORT when no coordinator serves the run
 */
export async function joinNats(options: NatsJoinOptions): Promise<Connection> {
  const client = await connectNatsServer(options);
  try {
    return await joinRun(client, options);
  } catch (error) {
    await client.close();
    throw translateNatsError(error, client);
  }
}

async function joinRun(client: NatsClient, options: NatsJoinOptions): Promise<Connection> {
  const { run, name } = options;
  const subjects = runSubjects(subjectToken(run));
  const node = nodeTokens(client.user, name);
  const id = await askToJoin(client, subjects.join(node), run);
  const limits = limitsOf(options);
  const memory = new FrameMemory();
  const session = openNatsSession({
    ...limits,
    peer: `${client.address}/${encodeURIComponent(run)}`,
    counters: createCounters(),
    outlet: createOutlet(client),
    subject: subjects.up(node, id),
    memory,
    broadcasts: new BroadcastAssembly({ ...limits, memory }),
  });
  let refused: unknown = null;
  for (const subject of [subjects.down(node, id), subjects.all]) {
    client.hearPackets(subject, {
      hear: (_subject, packet) => session.hear(packet),
      refused(error) {
        refused = error;
      },
    });
  }
  const stopListening = client.onReconnect(() => session.resume());
  const leave = async (): Promise<void> => {
    await session.closed;
    stopListening();
    await client.close();
  };
  void leave();
  await client.flush(); // errors come before the answer
  if (refused === null) {
    session.resume(); // asks what it may have on its way
    return session;
  }
  session.drop("it may not listen");
  throw translateNatsError(refused, client);
}

/** Asks the run's coordinator for a session; returns its id. */
async function askToJoin(client: NatsClient, subject: string, run: string): Promise<string> {
  const { address } = client;
  const nonce = randomBytes(16).toString("hex"); // nobody else can address the session
  try {
    const { data } = await client.nats.request(subject, Buffer.from(nonce), { timeout: JOIN_TIMEOUT_MS });
    const [verdict, detail] = Buffer.from(data).toString().split(/ (.*)/s, 2);
    if (verdict === "yes") return `${nonce}${detail}`;
    const code = detail === NOT_YOURS ? "AUTH" : "TRANSPORT";
    throw new GanglionError(code, `the run ${run} at ${address} does not take this node: ${detail}`);
  } catch (error) {
    if (!isNobody(error)) throw translateNatsError(error, client);
    throw new GanglionError(
      "TRANSPORT",
      `no coordinator serves the run ${run} at ${address}; is it running? (ganglion status --nats ${address} lists the runs)`,
      { cause: error },
    );
  }
}

/** What a coordinator says to a node that wants another user's name. */
const NOT_YOURS = "its name is no name of this user";
const NONCE = /^[0-9a-f]{32}$/;

/** Two coordinators of one run would both lease its work. */
async function assertAlone(client: NatsClient, subject: string, run: string): Promise<void> {
  const { address } = client;
  const answer = await client.nats.request(subject, undefined, { timeout: JOIN_TIMEOUT_MS }).then(
    () => "there",
    (error: unknown) => (isNobody(error) ? null : error),
  );
  if (answer === null) return;
  if (answer !== "there") throw translateNatsError(answer, client);
  throw new GanglionError(
    "USAGE",
    `another coordinator serves the run ${run} at ${address}: stop it, or give this one another name with --run`,
  );
}

function isNobody(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "503" || error.code === "TIMEOUT");
}

function limitsOf(
  options: SessionLimits,
): Pick<NatsSessionOptions, "maxFrameBytes" | "heartbeatMs" | "awayMs"> {
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES } = options;
  const { heartbeatMs = DEFAULT_HEARTBEAT_MS, awayMs = DEFAULT_AWAY_MS } = options;
  return { maxFrameBytes, heartbeatMs, awayMs };
}
