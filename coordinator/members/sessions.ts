// A node's session, from its hello to its end: who may join, what a node gets first, and what it may send then.
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { NO_LEASE, type Plan } from "../../shared/protocol/messages.ts";
import type { Connection, Envelope, Hub } from "../../shared/transport/transport.ts";
import { longestAnswerBytes } from "../plan.ts";
import { cannotTakePart, checkHello } from "./hello.ts";
import { type Contribution, type Member, newMember } from "./member.ts";
import type { Members } from "./members.ts";

/** Receives what members answer to their leases. */
export interface AnswerListener {
  /** The listener releases the envelope. */
  contribution(member: Member, message: Contribution, envelope: Envelope): void;
  failed(member: Member, lease: number, reason: string): void;
}

export interface SessionsOptions {
  readonly hub: Hub;
  readonly plan: Plan;
  /** By hash, encoded. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly members: Members;
  readonly answers: AnswerListener;
  readonly log: Log;
  readonly warn: (code: string, message: string) => void;
  /** Whether the coordinator sends everybody away: that a connection breaks off then is no news. */
  readonly isClosing?: () => boolean;
}

const HELLO_TIMEOUT_MS = 10_000;

/** Serves every node that connects, until the hub closes. */
export async function serveNodes(options: SessionsOptions): Promise<void> {
  const sessions = new Set<Promise<void>>();
  for await (const connection of options.hub.connections()) {
    const session = serveNode(connection, options).finally(() => sessions.delete(session));
    sessions.add(session);
  }
  await Promise.all(sessions);
}

/** Never rejects: a node that breaks the protocol is closed, with the reason. */
async function serveNode(connection: Connection, options: SessionsOptions): Promise<void> {
  const { members, log, warn } = options;
  const timer = setTimeout(() => void connection.close("no hello within 10 s"), HELLO_TIMEOUT_MS);
  let member: Member | null = null;
  try {
    for await (const envelope of connection.receive()) {
      clearTimeout(timer);
      if (member) receive(member, envelope, options);
      else {
        member = await admit(connection, envelope, options);
        await sendRun(connection, options);
      }
    }
  } catch (error) {
    if (!(error instanceof GanglionError))
      log.error({ peer: connection.peer, error: messageOf(error) }, "a node's connection failed");
    const code = error instanceof GanglionError ? error.code : "WORKER";
    if (code !== "TRANSPORT" || options.isClosing?.() !== true)
      warn(code, `${connection.peer}: ${messageOf(error)}`);
    await connection.close(messageOf(error));
  } finally {
    clearTimeout(timer);
    if (member) members.remove(member);
  }
}

/** Makes a member of a node by its first message; an older session of the same node is closed. */
async function admit(
  connection: Connection,
  envelope: Envelope,
  { plan, members }: SessionsOptions,
): Promise<Member> {
  envelope.release();
  const hello = await checkHello(connection, envelope.message);
  connection.admit?.({ bodyBytes: longestAnswerBytes(plan) });
  const member = newMember(connection, hello);
  const older = members.add(member); // before anything is awaited: a third session must find this one
  await older?.connection.close("the same node joined again");
  return member;
}

/** Plan and programs: all that a node needs to prepare. */
async function sendRun(connection: Connection, { plan, programs }: SessionsOptions): Promise<void> {
  const encoder = new TextEncoder();
  await connection.send({ type: "welcome", run: plan.run }, encoder.encode(JSON.stringify(plan)));
  for (const [hash, encoded] of programs) await connection.send({ type: "program", hash }, encoded);
  await connection.send({ type: "prepare", programs: [...programs.keys()] });
}

/** @throws GanglionError PROTOCOL, DATA_MISMATCH, WORKER: the session ends */
function receive(member: Member, envelope: Envelope, { plan, members, answers }: SessionsOptions): void {
  const { message } = envelope;
  if (message.type !== "contribution") envelope.release();
  switch (message.type) {
    case "ready":
      if (member.prepareMs !== null) throw new GanglionError("PROTOCOL", "a node may not send ready twice");
      checkData(message.fingerprint, plan);
      members.prepared(member, message.prepareMs);
      break;
    case "contribution":
      answers.contribution(member, message, envelope);
      break;
    case "failed":
      if (message.lease === NO_LEASE) throw cannotTakePart(message.reason, member.id);
      answers.failed(member, message.lease, message.reason);
      break;
    case "leaving":
      members.leaving(member);
      break;
    default:
      throw new GanglionError("PROTOCOL", `a node may not send ${message.type} now`);
  }
}

function checkData(fingerprint: string, { data }: Plan): void {
  if (fingerprint === data.fingerprint) return;
  throw new GanglionError(
    "DATA_MISMATCH",
    `its data has fingerprint ${fingerprint}, the run uses ${data.fingerprint}`,
  );
}
