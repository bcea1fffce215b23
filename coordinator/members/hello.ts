// A node's first message, and why it may be refused: the reason, with both values, is sent to the node.
import { GanglionError } from "../../shared/errors.ts";
import { type Message, PROTOCOL_VERSION } from "../../shared/protocol/messages.ts";
import type { Connection } from "../../shared/transport/transport.ts";

export type Hello = Extract<Message, { type: "hello" }>;

/** Of a node that leaves because it cannot do what the run needs, as it says itself. */
export function cannotTakePart(reason: string, node?: string): GanglionError {
  const who = node === undefined ? "the node" : `node ${node}`;
  return new GanglionError("WORKER", `${who} cannot take part: ${reason}`);
}

/**
 * @throws GanglionError PROTOCOL, VERSION_MISMATCH, AUTH when the node is refused, which is sent to it; WORKER when it says
 *   itself that it cannot take part
 */
export async function checkHello(connection: Connection, message: Message): Promise<Hello> {
  if (message.type === "failed") throw cannotTakePart(message.reason); // its engine does not open, for example
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
