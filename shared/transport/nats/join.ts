// A node's end of the transport over NATS.
import { FramePool } from "../frame-pool.ts";
import { BroadcastAssembly } from "./stream/reassembly.ts";
import { Allowance } from "../allowance.ts";
import { createCounters } from "../counters.ts";
import { type NatsClient, type NatsOptions, connectNatsServer } from "./client/client.ts";
import { translateNatsError } from "./client/errors.ts";
import { askToJoin } from "./handshake.ts";
import { type SessionLimits, limitsOf } from "./limits.ts";
import { createSendBuffer } from "./stream/send-buffer.ts";
import { openNatsSession } from "./session.ts";
import { nodeTokens, runSubjects, subjectToken } from "./subjects.ts";
import type { Connection } from "../transport.ts";

export interface NatsJoinOptions extends NatsOptions, SessionLimits {
  readonly run: string;
  /** The node's name in the run. */
  readonly name: string;
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
  const { maxFrameBytes, heartbeatMs, awayMs } = limitsOf(options);
  const memory = new FramePool();
  const session = openNatsSession({
    heartbeatMs,
    awayMs,
    allowance: new Allowance(maxFrameBytes),
    peer: `${client.address}/${encodeURIComponent(run)}`,
    counters: createCounters(),
    sendBuffer: createSendBuffer(client),
    subject: subjects.up(node, id),
    memory,
    broadcasts: new BroadcastAssembly({ maxFrameBytes, memory }),
  });
  let refused: unknown = null;
  for (const subject of [subjects.down(node, id), subjects.all]) {
    client.subscribePackets(subject, {
      onPacket: (_subject, packet) => session.onPacket(packet),
      onRefused(error) {
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
    session.resume(); // asks how much it may have in flight
    return session;
  }
  session.drop("the server does not permit it to receive");
  throw translateNatsError(refused, client);
}
