// One node's life in one run: join, prepare, compute what is leased, send sums back, leave.
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { PROTOCOL_VERSION, type Plan, parsePlan } from "../shared/protocol/messages.ts";
import { withTimeout } from "../shared/async/with-timeout.ts";
import { hearOwnFaults } from "../shared/transport/own-faults.ts";
import type { Body, Connection } from "../shared/transport/transport.ts";
import { SharedBuffers } from "./buffers.ts";
import { type Computing, type ComputingOptions, prepare } from "./computing.ts";
import { openEngine } from "./engine/open-engine.ts";
import { WeightsHolder } from "./weights/weights-holder.ts";

export interface SessionOptions extends ComputingOptions {
  readonly node: string;
  /** Take no more leases, finish what is leased, leave. */
  readonly stop: AbortSignal;
}

/**
 * Takes part in a run until the coordinator stops it or the connection closes; returns why it ended.
 *
 * @throws GanglionError with the coordinator's code when it refuses the node, WORKER when a thread cannot start, PROTOCOL
 *   when this node would send what the coordinator refuses, HUNG when a thread does not come back from a native call: then
 *   only the end of the process ends that thread
 */
export async function runSession(given: SessionOptions): Promise<string> {
  let failure: GanglionError | null = null;
  const fail = (error: GanglionError, reason: string): void => {
    failure ??= error;
    void given.connection.close(reason); // ends what waits for messages below
  };
  const connection = hearOwnFaults(given.connection, (error) => fail(error, "the node has a defect"));
  const options: SessionOptions = { ...given, connection };
  const { log } = options;
  const engine = await openEngine(options.choice);
  const { node, threads } = options;
  await connection.send({
    type: "hello",
    protocol: PROTOCOL_VERSION,
    node,
    threads,
    engine: engine.name,
    device: engine.device,
    arithmetic: engine.numerics,
  });

  const programs = new Map<string, Uint8Array>();
  const weights = new WeightsHolder();
  const buffers = new SharedBuffers(connection.vectors);
  let plan: Plan | null = null;
  let computing: Computing | null = null;
  const stuck = (error: GanglionError): void => fail(error, error.message);
  const leave = (): void => void politely(connection, computing, log);
  if (options.stop.aborted) leave();
  else options.stop.addEventListener("abort", leave, { once: true });
  try {
    for await (const envelope of connection.receive()) {
      const { message } = envelope;
      switch (message.type) {
        case "welcome":
          plan = parsePlan(JSON.parse(new TextDecoder().decode(bytesOf(envelope))));
          envelope.release();
          break;
        case "program":
          programs.set(message.hash, new Uint8Array(bytesOf(envelope)));
          envelope.release();
          break;
        case "prepare":
          computing = await prepare(options, plan!, programs, { weights, buffers, stuck });
          log.debug({ node, threads }, "node ready");
          break;
        case "weights":
          weights.hold(message.version, envelope);
          break;
        case "lease":
          computing!.work(message, envelope);
          break;
        case "cancel":
          computing?.cancel(message.lease);
          break;
        case "refused":
          throw new GanglionError(
            "WORKER",
            `the coordinator refuses this node (${message.code}): ${message.reason}`,
          );
        case "stop":
          if (failure) throw failure as GanglionError;
          return message.reason;
        default:
          log.warn({ node, type: message.type }, "unexpected message ignored");
          envelope.release();
      }
    }
    const ended = await connection.closed;
    if (failure) throw failure as GanglionError; // only ever assigned in callbacks: to the compiler it is null
    return ended;
  } finally {
    options.stop.removeEventListener("abort", leave);
    if ((failure as GanglionError | null)?.code === "HUNG") computing?.pool.abandon();
    else await computing?.pool.close();
  }
}

/** While the broker is away nobody receives it, nor what the node still computes. */
const FAREWELL_MS = 5000;

async function politely(connection: Connection, computing: Computing | null, log: Log): Promise<void> {
  try {
    const leaving = connection.send({ type: "leaving" });
    if (await withTimeout(leaving, FAREWELL_MS)) {
      await leaving;
      await computing?.idle();
    }
    await connection.close("the node leaves");
  } catch (error) {
    log.debug({ error: messageOf(error) }, "left without a word");
  }
}

function bytesOf({ body }: { readonly body: Body | null }): Uint8Array {
  if (!(body instanceof Uint8Array)) throw new GanglionError("PROTOCOL", "a body of bytes is missing");
  return body;
}
