// What a node says first, and why it may be refused: it is told so, with both values.
import { GanglionError } from "../shared/errors.ts";
import { type Message, PROTOCOL_VERSION } from "../shared/protocol/messages.ts";
import type { Connection } from "../shared/transport/transport.ts";

export type Hello = Extract<Message, { type: "hello" }>;

/** @throws GanglionError PROTOCOL, VERSION_MISMATCH, AUTH; the node was told the same */
export async function checkHello(connection: Connection, message: Message): Promise<Hello> {
  if (message.type !== "hello")
    return refuse(connection, "PROTOCOL", `the first message must be hello, not ${message.type}`);
  if (message.protocol !== PROTOCOL_VERSION) {
    return refuse(
      connection,
      "VERSION_MISMATCH",
      `the node speaks protocol ${message.protocol}, the coordinator ${PROTOCOL_VERSION}: install the same version`,
    );
  }
  const { identity = message.node } = connection;
  if (identity === message.node) return message;
  return refuse(connection, "AUTH", `the node calls itself ${message.node}, but it joined as ${identity}`);
}

async function refuse(
  connection: Connection,
  code: "PROTOCOL" | "VERSION_MISMATCH" | "AUTH",
  reason: string,
): Promise<never> {
  await connection.send({ type: "refused", code, reason });
  throw new GanglionError(code, reason);
}
