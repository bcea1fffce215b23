// Answers `/control`: GET says what can be asked of the run, POST asks it. The sender was checked before.
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Acknowledgement,
  type Answered,
  type ControlRequest,
  type SteeringView,
  controlRequestSchema,
} from "../../steering/requests.ts";
import { readLimited } from "./read-limited.ts";

/** Where requests are taken in. */
export interface ControlDesk {
  /** Resolves when it is done or refused; the same request again gets the same answer. */
  submit(request: ControlRequest, from: string): Promise<Answered>;
  /** The answer so far. */
  pendingOf(request: ControlRequest): Acknowledgement;
  view(): Promise<SteeringView>;
}

/** Why a request is not taken in: the HTTP status, a word to count it under, and a sentence for its sender. */
interface Untaken {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

const MOST_BYTES = 64 * 1024;
/** A step may take longer: then the answer so far is sent, and the sender asks again. */
const ANSWER_MS = 10_000;

const STATUS: Readonly<Record<Acknowledgement["outcome"], number>> = {
  applied: 200,
  refused: 409,
  pending: 202,
};

/** @param from where the request came from, in words; by default its address */
export async function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  desk: ControlDesk,
  from = placeOf(request),
): Promise<Untaken | null> {
  if (request.method === "GET") return sendJson(response, 200, await desk.view());
  if (request.method !== "POST")
    return {
      status: 405,
      reason: "method",
      message: "use POST to ask something of the run, GET to see what can be asked",
    };
  const asked = await readRequest(request);
  if ("status" in asked) return asked;
  const who = asked.by === undefined ? from : `${asked.by} at ${from}`;
  const answer = await soon(desk.submit(asked, who), () => desk.pendingOf(asked));
  return sendJson(response, STATUS[answer.outcome], answer);
}

async function readRequest(request: IncomingMessage): Promise<ControlRequest | Untaken> {
  // A form of another site can send text, but no JSON, without asking first.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    return {
      status: 415,
      reason: "type",
      message: "send JSON, with the header Content-Type: application/json",
    };
  const text = await readLimited(request, MOST_BYTES);
  if (text === null)
    return {
      status: 413,
      reason: "size",
      message: `a request has at most ${MOST_BYTES} bytes: send a shorter one`,
    };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {
      status: 400,
      reason: "request",
      message: 'this is no JSON: send an object such as {"id":…,"action":"pause"}',
    };
  }
  const { success, data, error } = controlRequestSchema.safeParse(value);
  if (success) return data;
  const [{ path, message }] = error.issues;
  const field = path.length > 0 ? `field ${path.join(".")}: ` : "";
  return { status: 400, reason: "request", message: `${field}${message}; docs/control.md has every action` };
}

async function soon(answer: Promise<Answered>, pending: () => Acknowledgement): Promise<Acknowledgement> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Acknowledgement>((resolve) => {
    timer = setTimeout(() => resolve(pending()), ANSWER_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function sendJson(response: ServerResponse, status: number, value: SteeringView | Acknowledgement): null {
  const text = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    "cache-control": "no-store",
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "x-content-type-options": "nosniff",
  });
  response.end(text);
  return null;
}

function placeOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? "an unknown address").replace(/^::ffff:/, "");
}
