// A node that speaks the real protocol and computes nothing: it answers each lease with zeros, which a sum
// leaves as they are.
import { PROTOCOL_VERSION, type Plan, parsePlan } from "../../../shared/protocol/messages.ts";
import type { Connection } from "../../../shared/transport/transport.ts";
import type { Turns } from "./turns.ts";

export interface SimulatedNode {
  readonly connection: Connection;
  readonly node: string;
  readonly threads: number;
  /** Called when the node could say that it is ready, which it says when this resolves. */
  readonly start: () => Promise<void>;
  /** Called when the first weights have come; no lease is answered before this resolves. */
  readonly begin?: () => Promise<void>;
  /** When this node may answer; by default at once. */
  readonly turns?: Turns;
  /** The gradient that it answers with, of so many numbers; by default its own. */
  readonly answer?: (length: number) => Float32Array;
}

/** Where `count` nodes wait for each other. */
export interface Meeting {
  /** Resolves when all have arrived. */
  readonly joined: Promise<void>;
  /** Resolves as `joined`. */
  arrive(): Promise<void>;
}

export function startTogether(count: number): Meeting {
  let missing = count;
  let go = (): void => undefined;
  const joined = new Promise<void>((resolve) => (go = resolve));
  return {
    joined,
    arrive() {
      if (--missing === 0) go();
      return joined;
    },
  };
}

/** Takes part until the coordinator says stop. One answer a lease, as a node that sums its threads' shards gives. */
export async function simulateNode(options: SimulatedNode): Promise<void> {
  const { connection, node, threads, start, begin = () => Promise.resolve() } = options;
  const { turns = (_sizeBytes, send) => send(), answer = zeros } = options;
  let plan: Plan | null = null;
  let begun: Promise<void> | null = null;
  /** Leases that were taken back; whether their answer has gone already is not asked. */
  const cancelled = new Set<number>();
  let canned: Float32Array = new Float32Array(0);
  await connection.send({
    type: "hello",
    protocol: PROTOCOL_VERSION,
    node,
    threads,
    engine: "simulated",
    device: "none",
    arithmetic: "canned",
  });
  for await (const envelope of connection.receive()) {
    const { message, body } = envelope;
    switch (message.type) {
      case "welcome":
        plan = parsePlan(JSON.parse(new TextDecoder().decode(body)));
        break;
      case "prepare":
        await start(); // no leases until then: rounds of those who are here must not starve those who still join
        await connection.send({ type: "ready", fingerprint: plan!.data.fingerprint, prepareMs: 0 });
        break;
      case "cancel":
        cancelled.add(message.lease);
        break;
      case "weights":
        begun ??= begin();
        break;
      case "lease": {
        const length = plan!.phases[0].contribution.length;
        if (canned.length !== length) canned = answer(length);
        envelope.release();
        const { id: lease, version } = message;
        // Not awaited: in process it settles when the sum has let go of it, which may wait for this node's next lease.
        const send = async (): Promise<void> => {
          if (cancelled.has(lease)) return; // while it waited for its turn
          await connection.send({ type: "contribution", lease, version, computeMs: 0 }, canned);
        };
        void Promise.resolve(begun)
          .then(() => turns(canned.byteLength, send))
          .catch(() => undefined); // the run is over
        continue;
      }
      case "stop":
        envelope.release();
        return;
      default:
    }
    envelope.release();
  }
}

/** In process it is handed over as it is. */
function zeros(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}
