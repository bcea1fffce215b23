// Checks outgoing messages: one that the receiver would refuse is a defect of the sender.
//
// Unchecked, the fault would show at the other end alone, as a node that leaves again and again and knows no better.
import { GanglionError } from "../errors.ts";
import type { Body } from "../transport/transport.ts";
import { encodeFrame } from "./frame.ts";
import { type Message, parseMessage } from "./messages.ts";

/** The cause of the error, by which it is told from a peer's breach of the protocol. */
class OwnFault extends Error {
  override readonly name = "OwnFault";
}

/** @throws GanglionError PROTOCOL, with the field and its value, when the message fails the schema */
export function assertReceivable(message: Message): void {
  const parsed = parseMessage(message);
  if (parsed.ok) return;
  const { reason, path } = parsed;
  const shown = show(path.reduce(fieldOf, message)).slice(0, 100);
  const fault = `${path.join(".") || "message"}: ${shown} (${reason.slice(reason.indexOf(": ") + 2)})`;
  throw new GanglionError(
    "PROTOCOL",
    `this program would send a ${message.type} that its receiver refuses: ${fault}; this is a defect, please report it`,
    { cause: new OwnFault(fault) },
  );
}

/**
 * `encodeFrame` of what this program wants to send.
 *
 * @throws GanglionError PROTOCOL as `assertReceivable`, FRAME as `encodeFrame`
 */
export function encodeOwnFrame(message: Message, body?: Body): Uint8Array[] {
  assertReceivable(message);
  return encodeFrame(message, body);
}

/** Whether it is no fault of a peer or a wire: this program made what cannot be sent. */
export function isOwnFault(error: unknown): error is GanglionError {
  if (!(error instanceof GanglionError)) return false;
  return error.code === "FRAME" || (error.code === "PROTOCOL" && error.cause instanceof OwnFault);
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** As JSON, but for what that does not know: NaN, infinity, undefined, bigints. */
function show(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner));
}
