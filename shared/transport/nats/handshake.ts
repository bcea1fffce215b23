// How a node gets a session over NATS: it asks the run's coordinator, which says yes, or why not.
import { randomBytes } from "node:crypto";
import { GanglionError } from "../../errors.ts";
import { type NatsClient, translateNatsError } from "./client/client.ts";

const ANSWER_TIMEOUT_MS = 5000;
/** What a coordinator says to a node that wants another user's name. */
export const NOT_YOURS = "its name is no name of this user";
const NONCE = /^[0-9a-f]{32}$/;

/** What a node asks with: its part of the session's id, or null where it is none. */
export function readNonce(data: Uint8Array): string | null {
  const nonce = Buffer.from(data).toString("latin1", 0, 100);
  return NONCE.test(nonce) ? nonce : null;
}

/** `incarnation` is the coordinator's part of the session's id; `refusal` says why there is none. */
export function encodeVerdict(incarnation: string, refusal: string | null): Uint8Array {
  return Buffer.from(refusal === null ? `yes ${incarnation}` : `no ${refusal}`);
}

/**
 * Asks the run's coordinator for a session; returns its id, which nobody else can address.
 *
 * @throws GanglionError TRANSPORT when no coordinator serves the run or it takes no more, AUTH when the name is another's
 */
export async function askToJoin(client: NatsClient, subject: string, run: string): Promise<string> {
  const { address } = client;
  const nonce = randomBytes(16).toString("hex");
  try {
    const { data } = await client.nats.request(subject, Buffer.from(nonce), { timeout: ANSWER_TIMEOUT_MS });
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

/**
 * Two coordinators of one run would both lease its work.
 *
 * @throws GanglionError USAGE when there is another
 */
export async function assertAlone(client: NatsClient, subject: string, run: string): Promise<void> {
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
