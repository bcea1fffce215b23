// How a node gets a session over NATS: it asks the run's coordinator, which says yes, or why not.
import { randomBytes } from "node:crypto";
import { GanglionError } from "../../errors.ts";
import type { NatsClient } from "./client/client.ts";
import { translateNatsError } from "./client/errors.ts";

const ANSWER_TIMEOUT_MS = 5000;
/** A coordinator's answer to a node that asks for another user's name. */
export const NAME_REFUSED = "its name belongs to another user";
const NONCE = /^[0-9a-f]{32}$/;

/** A node's part of the session's id; null if it is malformed. */
export function readNonce(data: Uint8Array): string | null {
  const nonce = Buffer.from(data).toString("latin1", 0, 100);
  return NONCE.test(nonce) ? nonce : null;
}

/** `incarnation` is the coordinator's part of the session's id; `refusal` says why the node gets none. */
export function encodeVerdict(incarnation: string, refusal: string | null): Uint8Array {
  return Buffer.from(refusal === null ? `yes ${incarnation}` : `no ${refusal}`);
}

/**
 * Asks the run's coordinator for a session; returns its id, which nobody else can guess.
 *
 * @throws GanglionError TRANSPORT when no coordinator serves the run or it takes no more nodes, AUTH when the name is another user's
 */
export async function askToJoin(client: NatsClient, subject: string, run: string): Promise<string> {
  const { address } = client;
  const nonce = randomBytes(16).toString("hex");
  try {
    const { data } = await client.nats.request(subject, Buffer.from(nonce), { timeout: ANSWER_TIMEOUT_MS });
    const [verdict, detail] = Buffer.from(data).toString().split(/ (.*)/s, 2);
    if (verdict === "yes") return `${nonce}${detail}`;
    const code = detail === NAME_REFUSED ? "AUTH" : "TRANSPORT";
    throw new GanglionError(code, `the run ${run} at ${address} does not accept this node: ${detail}`);
  } catch (error) {
    if (!isNobody(error)) throw translateNatsError(error, client);
    throw new GanglionError(
      "TRANSPORT",
      `no coordinator serves the run ${run} at ${address}; is it running? (ganglion status --nats ${address} lists the runs)`,
      { cause: error },
    );
  }
}

/**
 * Two coordinators of one run would both hand out its work.
 *
 * @throws GanglionError USAGE when the run has a coordinator
 */
export async function assertOnlyCoordinator(client: NatsClient, subject: string, run: string): Promise<void> {
  const { address } = client;
  const answer = await client.nats.request(subject, undefined, { timeout: ANSWER_TIMEOUT_MS }).then(
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
