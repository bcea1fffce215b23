// The coordinator's end of the transport over NATS: all meet at a NATS server, which fans the weights out.
import { encodeOwnFrame } from "../../protocol/own-message.ts";
import { createCounters } from "../counters.ts";
import { type NatsOptions, connectNatsServer } from "./client/client.ts";
import { translateNatsError } from "./client/errors.ts";
import { assertOnlyCoordinator, encodeVerdict, readNonce } from "./handshake.ts";
import { type SessionLimits, limitsOf } from "./limits.ts";
import { createSendBuffer } from "./stream/send-buffer.ts";
import { NatsSessions } from "./sessions.ts";
import { ANY_NODE, runSubjects, subjectToken } from "./subjects.ts";
import { watchOwnFaults } from "../own-faults.ts";
import { createQueue } from "../queue.ts";
import type { Connection, Hub } from "../transport.ts";

export interface NatsHubOptions extends NatsOptions, SessionLimits {
  /** The run's name, by which nodes find it; a run has one coordinator per server. */
  readonly run: string;
}

/**
 * Serves a run at a NATS server.
 *
 * `broadcast` publishes the frame once, and the server fans it out. What a node has not acknowledged is kept for it, up to
 * max(64 MiB, 4 frames): beyond that its session is closed, counted as `slow`. At most 4,096 sessions are open at once,
 * 256 of them not yet admitted.
 *
 * @throws GanglionError what `connectNatsServer` does; USAGE when another coordinator already serves the run
 */
export async function listenNats(options: NatsHubOptions): Promise<Hub> {
  const client = await connectNatsServer(options);
  const { run } = options;
  const subjects = runSubjects(subjectToken(run));
  try {
    await assertOnlyCoordinator(client, subjects.who, run);
  } catch (error) {
    await client.close();
    throw error;
  }
  const address = `${client.address}/${encodeURIComponent(run)}`;
  const counters = createCounters();
  const arrivals = createQueue<Connection>({ name: `connections() of ${address}` });
  const { defect, watch } = watchOwnFaults();
  const sessions = new NatsSessions({
    ...limitsOf(options),
    encode: (...sent) => watch(() => encodeOwnFrame(...sent)),
    sendBuffer: createSendBuffer(client),
    subjects,
    counters,
    address: client.address,
    onOpened: (session) => arrivals.push(session),
  });
  let open = true;
  let denied: unknown = null;
  const deny = (error: unknown): void => {
    denied = error;
  };

  client.subscribe(subjects.who, (error, message) => {
    if (error) deny(error);
    else message.respond(Buffer.from("coordinator"));
  });
  client.subscribe(subjects.join(ANY_NODE), (error, message) => {
    if (error) deny(error);
    if (error || !open) return;
    const [, , , user, node] = message.subject.split(".");
    const nonce = readNonce(message.data);
    if (nonce === null) counters.rejected("join");
    else message.respond(encodeVerdict(sessions.incarnation, sessions.admit(user, node, nonce)));
  });
  client.subscribePackets(subjects.up(ANY_NODE, "*"), {
    onPacket: (subject, packet) => sessions.onPacket(subject, packet),
    onRefused: deny,
  });
  const stopListening = client.onReconnect(() => sessions.all().forEach((session) => session.resume()));
  await client.flush(); // errors come before the answer
  if (denied !== null) {
    await client.close();
    throw translateNatsError(denied, client);
  }

  return {
    address,
    defect,
    connections: () => arrivals.iterate(),
    broadcast: (message, body, to = () => true) => sessions.broadcaster.broadcast(message, body, to),
    status: () => counters.status(open && client.connected()),
    async close(reason = "the coordinator closed") {
      open = false;
      arrivals.end();
      await Promise.all(sessions.all().map((session) => session.close(reason)));
      stopListening();
      await client.close();
    },
  };
}
